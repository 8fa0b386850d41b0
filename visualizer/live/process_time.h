// What this process itself costs.
#pragma once

#include <cstdint>

namespace forkscope::live {

/// User and system time of this process, all threads, in nanoseconds.
std::uint64_t process_cpu_ns();

}  // namespace forkscope::live
