#include "forkscope/telemetry/clock.h"

#include <time.h>

namespace forkscope::telemetry {

namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t now_ns() { return read_clock(CLOCK_MONOTONIC); }

std::uint64_t wall_clock_ns() { return read_clock(CLOCK_REALTIME); }

}  // namespace forkscope::telemetry
