#include "http/request_target.h"

#include <algorithm>
#include <charconv>

#include "http/syntax.h"

namespace forkscope::http {
namespace {

constexpr std::string_view kHttpScheme = "http://";

/// port = *DIGIT, and a number that a port can have.
bool is_valid_port(std::string_view text) {
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 65535) return false;
  }
  return true;
}

/// "[" IPv6address "]"; which addresses exist is left to whoever wants to connect to one.
bool is_ip_literal(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view address = text.substr(1, text.size() - 2);
  return address.find(':') != address.npos &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return is(c, kHexDigit) || c == ':' || c == '.'; });
}

}  // namespace

std::string_view split_request_target(std::string_view method, std::string_view raw,
                                      RequestTarget& target) {
  target = {};
  if (raw == "*") {
    target.origin_form = raw;
    return method == "OPTIONS" ? "" : "Only OPTIONS may have the target \"*\".";
  }
  target.origin_form = raw;
  if (raw.front() != '/') {
    if (!equals_ignoring_case(raw.substr(0, kHttpScheme.size()), kHttpScheme)) {
      return "The target is neither a path nor an absolute http URI.";
    }
    raw.remove_prefix(kHttpScheme.size());
    const std::size_t authority_end = std::min(raw.find_first_of("/?"), raw.size());
    target.authority = raw.substr(0, authority_end);
    target.origin_form = raw.substr(authority_end);
    if (!is_valid_authority(target.authority)) return "The target names no valid host.";
  }
  if (!has_valid_escapes(target.origin_form)) return "The target holds a broken percent escape.";
  const std::string_view path = target.origin_form.substr(0, target.origin_form.find('?'));
  if (path.find("%00") != path.npos) return "The path holds an escaped NUL.";
  return "";
}

std::string normal_path(std::string_view path) {
  std::string text;
  text.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      text += path[i];
      continue;
    }
    unsigned char c = 0;
    std::from_chars(path.data() + i + 1, path.data() + i + 3, c, 16);
    if (c < ' ' || c == 0x7f || c == '/' || c == '%') {
      constexpr char kDigits[] = "0123456789ABCDEF";
      text.append({'%', kDigits[c >> 4], kDigits[c & 15]});
    } else {
      text += static_cast<char>(c);
    }
    i += 2;
  }
  return text;
}

bool has_valid_escapes(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 3)) {
    if (text.size() - at < 3 || !is(text[at + 1], kHexDigit) || !is(text[at + 2], kHexDigit)) {
      return false;
    }
  }
  return true;
}

bool is_valid_authority(std::string_view text) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
  const std::string_view host = text.substr(0, colon);
  if (colon != text.npos && !is_valid_port(text.substr(colon + 1))) return false;
  if (bracket != text.npos) return is_ip_literal(host);
  return !host.empty() && skip_while(host, 0, kHostChar) == host.size() && has_valid_escapes(host);
}

}  // namespace forkscope::http
