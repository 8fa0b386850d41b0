// Decides whether a worker hangs, from what its event loop publishes about itself.
//
// A worker hangs when it is not idle and its progress counter has not moved for `hang_after`. An
// idle worker needs no heartbeat; a slow client is no hang, because the loop goes on; a worker that
// was stopped by a signal (SIGSTOP) is stuck even while idle.
//
// One per worker process, in the primary. Time comes in as an argument: the watch reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "forkscope/telemetry/layout.h"
#include "os/deadline.h"

namespace forkscope::supervisor {

class HangWatch {
 public:
  explicit HangWatch(std::chrono::nanoseconds hang_after) : hang_after_(hang_after) {}

  struct Verdict {
    bool stuck = false;  ///< Seen twice without progress; may still be within `hang_after`.
    bool hung = false;
    std::uint64_t stuck_since_ns = 0;  ///< While `stuck`.
    os::Deadline check_at;             ///< When to look again.
  };

  /// `stopped_since_ns`: when a signal stopped the worker, if one has.
  Verdict check(const telemetry::Progress& progress, std::optional<std::uint64_t> stopped_since_ns,
                std::uint64_t now_ns);

  /// The time up to now does not count: the primary itself did not run (Ctrl-Z), or a debugger
  /// holds the worker.
  void rearm(std::uint64_t now_ns) { armed_ns_ = now_ns; }

 private:
  std::chrono::nanoseconds hang_after_;
  std::uint64_t armed_ns_ = 0;
  std::uint64_t last_steps_ = 0;
  bool seen_ = false;
};

}  // namespace forkscope::supervisor
