#include "options/duration.h"

#include <charconv>
#include <cstdint>

namespace forkscope::options {

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  double unit_ns = 0;
  if (unit == "ms") {
    unit_ns = 1e6;
  } else if (unit == "s") {
    unit_ns = 1e9;
  } else if (unit == "m") {
    unit_ns = 60e9;
  } else if (!unit.empty() || number != 0) {
    return std::nullopt;
  }
  constexpr double kDayNs = 86'400e9;
  if (number * unit_ns > kDayNs) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(number * unit_ns));
}

}  // namespace forkscope::options
