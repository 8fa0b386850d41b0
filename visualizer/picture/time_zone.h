// Where clock times are told.
#pragma once

#include <cstdint>
#include <optional>

namespace forkscope::picture {

/// A recording shows the times of the place where it was made, whatever the time zone of the
/// machine that shows it.
struct TimeZone {
  std::optional<std::int32_t> utc_offset_s = {};  ///< East of UTC; nothing: as this machine has it.
};

}  // namespace forkscope::picture
