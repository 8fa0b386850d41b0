// How many files this process and its children may have open (getrlimit(2), RLIMIT_NOFILE).
#pragma once

#include <cstdint>

namespace forkscope::os {

/// Raises the limit to `count`, or as near as the hard limit allows; never lowers it. Returns what
/// the limit is now.
std::uint64_t allow_open_files(std::uint64_t count);

}  // namespace forkscope::os
