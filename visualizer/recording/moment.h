// A moment of a recording, as a user writes it after --at.
//
//   12.5 · 12.5s · 1500ms · 2m    after the start
//   1:05 · 1:05.5                 minutes and seconds after the start
//   -3 · -500ms                   before the end
//   12:04:31 · 12:04:31.5         time of day, where it was recorded
//   end                           the end
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace forkscope::recording {

struct Moment {
  enum class From { start, end, midnight };
  From from = From::start;
  std::uint64_t distance_ns = 0;  ///< After the start or midnight; before the end.
};

/// Nothing: it is not understood.
std::optional<Moment> parse_moment(std::string_view text);

}  // namespace forkscope::recording
