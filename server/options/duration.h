// Durations as people type them: "250ms", "2s", "1.5m".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace forkscope::options {

/// Nothing if `text` is not a number followed by ms, s or m, or is over a day.
/// A bare "0" is a duration too.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace forkscope::options
