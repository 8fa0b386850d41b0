#include "http/forwarded_fields.h"

#include <algorithm>
#include <optional>

#include "http/request_target.h"
#include "http/syntax.h"

namespace forkscope::http {
namespace {

constexpr std::string_view kForwarded = "forwarded";
constexpr std::string_view kXForwarded = "x-forwarded-";

std::string_view last_of_list(std::string_view list) {
  return trim_ows(list.substr(list.rfind(',') + 1));
}

/// As a literal; empty for anything else.
std::string_view known_scheme(std::string_view text) {
  for (const std::string_view known : {"http", "https"}) {
    if (equals_ignoring_case(text, known)) return known;
  }
  return {};
}

std::string_view valid_host(std::string_view text) {
  return is_valid_authority(text) ? text : std::string_view();
}

/// Without slashes at its end. Empty for what does not lead the path of a URL: "//host" would be
/// taken for a host, and a dot segment would be resolved by whoever reads the URL.
std::string_view valid_prefix(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const std::string closed = std::string(text) + '/';
  const auto may_be_there = [](char c) {
    return is(c, kTargetChar) && c != '?' && c != '[' && c != ']';
  };
  if (!text.starts_with('/') || !std::all_of(text.begin(), text.end(), may_be_there) ||
      !has_valid_escapes(text)) {
    return {};
  }
  for (const char* unstable : {"//", "/./", "/../"}) {
    if (closed.find(unstable) != closed.npos) return {};
  }
  return text;
}

/// name "=" ( token / quoted-string ), RFC 7239 section 4. As lenient as need be: proxies send
/// "host=name:8443" without quotes, and spaces behind the semicolon.
class PairReader {
 public:
  explicit PairReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  /// Takes the next pair, which may be missing, and the separator behind it, which is ',' or ';',
  /// or 0 at the end. Nothing: the text is malformed.
  std::optional<char> next(std::string_view& name, std::string& value) {
    name = {};
    value.clear();
    skip_spaces();
    const std::size_t end = skip_while(rest_, 0, kTokenChar);
    if (end > 0) {
      name = rest_.substr(0, end);
      rest_.remove_prefix(end);
      if (!rest_.starts_with('=')) return std::nullopt;
      rest_.remove_prefix(1);
      if (!(rest_.starts_with('"') ? take_quoted(value) : take_plain(value))) return std::nullopt;
      skip_spaces();
    }
    if (rest_.empty()) return '\0';
    const char separator = rest_.front();
    rest_.remove_prefix(1);
    if (separator != ',' && separator != ';') return std::nullopt;
    return separator;
  }

 private:
  void skip_spaces() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }
  bool take_plain(std::string& value) {
    value = rest_.substr(0, rest_.find_first_of(",; \t\""));
    rest_.remove_prefix(value.size());
    return !value.empty();
  }
  bool take_quoted(std::string& value) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      value += rest_[i];
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

bool ForwardedFields::is_one(std::string_view name) {
  // Asked for every field: most are told apart by their length or first letter.
  return equals_ignoring_case(name, kForwarded) ||
         (name.size() > kXForwarded.size() && (name[0] | 0x20) == 'x' &&
          equals_ignoring_case(name.substr(0, kXForwarded.size()), kXForwarded));
}

void ForwardedFields::reset() {
  for (Origin* origin : {&x_, &standard_}) {
    origin->scheme = {};
    origin->host.clear();
  }
  prefix_.clear();
}

bool ForwardedFields::accept(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, kForwarded)) {
    accept_forwarded(value);
    return false;
  }
  const std::string_view last = last_of_list(value);
  const std::string_view what = name.substr(kXForwarded.size());
  if (equals_ignoring_case(what, "proto")) {
    x_.scheme = known_scheme(last);
  } else if (equals_ignoring_case(what, "host")) {
    x_.host = valid_host(last);
  } else if (equals_ignoring_case(what, "prefix")) {
    prefix_ = valid_prefix(last);
  } else {
    return false;
  }
  return true;
}

void ForwardedFields::accept_forwarded(std::string_view list) {
  Origin last;
  std::string_view name;
  std::string value;
  for (PairReader reader(list); !reader.at_end();) {
    const auto separator = reader.next(name, value);
    if (!separator) {
      last = {};
      break;
    }
    if (equals_ignoring_case(name, "proto")) last.scheme = known_scheme(value);
    if (equals_ignoring_case(name, "host")) last.host = valid_host(value);
    if (*separator == ',') last = {};
  }
  standard_ = std::move(last);
}

}  // namespace forkscope::http
