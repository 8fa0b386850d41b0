// The time of the loop's latest step. The end of one step is the start of the next, so the clock is
// read once per request, and all who act on an event agree on when it happened.
//
// One per worker process, owned by its event loop; only its thread looks.
#pragma once

#include <cstdint>

#include "forkscope/telemetry/clock.h"

namespace forkscope::gateway {

class LoopClock {
 public:
  /// CLOCK_MONOTONIC, as of the latest tick().
  std::uint64_t now_ns() const { return now_ns_; }
  /// A step has ended: reads the clock.
  void tick() { now_ns_ = telemetry::now_ns(); }

 private:
  std::uint64_t now_ns_ = 0;
};

}  // namespace forkscope::gateway
