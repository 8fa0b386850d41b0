// The two clocks of the segment (clock_gettime(2)). Any process.
#pragma once

#include <cstdint>

namespace forkscope::telemetry {

/// CLOCK_MONOTONIC in nanoseconds: what all times of the segment are measured with.
std::uint64_t now_ns();
/// CLOCK_REALTIME in nanoseconds: for people, never for differences.
std::uint64_t wall_clock_ns();

}  // namespace forkscope::telemetry
