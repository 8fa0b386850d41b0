#include "program/report.h"

#include <algorithm>
#include <charconv>

#include "forkscope/telemetry/names.h"

namespace forkscope::program {

namespace {

constexpr std::size_t kMaxMethodBytes = 16;

/// What is in front of the first space, which goes as well. Empty where two spaces follow each
/// other, and at the end: no part may be.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool is_visible(char c) { return c > ' ' && c < '\x7F'; }

bool is_of_id(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '-';
}

bool is_id(std::string_view word) {
  return !word.empty() && word.size() <= kMaxIdBytes && std::ranges::all_of(word, is_of_id);
}

template <typename Number>
bool parse_number(std::string_view word, Number& number) {
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && stop == end && !word.empty();
}

std::optional<Report> parse_begin(std::string_view rest) {
  Report report{.kind = Report::Kind::begin, .id = take_word(rest)};
  const std::string_view method = take_word(rest);
  const std::string_view target = rest;
  if (!is_id(report.id) || method.empty() || method.size() > kMaxMethodBytes || target.empty() ||
      !std::ranges::all_of(method, is_visible) || !std::ranges::all_of(target, is_visible)) {
    return std::nullopt;
  }
  report.method = telemetry::method_of(method);
  report.path = target.substr(0, target.find('?'));
  return report;
}

std::optional<Report> parse_end(std::string_view rest) {
  Report report{.kind = Report::Kind::end, .id = take_word(rest)};
  const std::string_view status = take_word(rest);
  if (rest.ends_with(' ')) return std::nullopt;
  const std::string_view bytes = take_word(rest);
  if (!is_id(report.id) || !parse_number(status, report.status) ||
      !parse_number(bytes, report.bytes) || report.status < 100 || report.status > 599) {
    return std::nullopt;
  }
  if (!rest.empty() && !parse_number(rest, report.took_us.emplace())) return std::nullopt;
  return report;
}

}  // namespace

std::optional<Report> parse_report(std::string_view line) {
  if (line.size() >= kMaxReportBytes) return std::nullopt;
  if (line == "beat") return Report{.kind = Report::Kind::beat};
  if (line == "ready") return Report{.kind = Report::Kind::ready};
  const std::string_view word = take_word(line);
  if (word == "begin") return parse_begin(line);
  if (word == "end") return parse_end(line);
  return std::nullopt;
}

}  // namespace forkscope::program
