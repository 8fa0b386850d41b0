// When the next process of a slot may be forked: at once at first, later with growing delays, so
// that a worker that dies at every start costs little and one that died once costs nothing.
//
// Only what a process may have brought upon itself makes the delays grow: that it could not boot,
// crashed, left, or hung. SIGKILL from outside says nothing about the next one, and whoever sends
// it sets the pace: a worker that served is replaced at once, however often. One that did not get
// that far is replaced after the shortest delay, because it may be the kernel, which is short of
// memory.
//
// One per slot, in the primary. Time comes in as an argument: the policy reads no clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace forkscope::supervisor {

enum class Death { own, killed_while_serving, killed_while_booting };

class RestartPolicy {
 public:
  /// Deaths in a row that are answered at once.
  static constexpr std::uint32_t kFreeDeaths = 3;
  static constexpr std::chrono::nanoseconds kFirstDelay = std::chrono::milliseconds(100);
  static constexpr std::chrono::nanoseconds kLongestDelay = std::chrono::seconds(15);
  /// A process that has lived this long starts a new row; so does a death this long after the
  /// row's first.
  static constexpr std::chrono::nanoseconds kStable = std::chrono::seconds(30);

  /// A process has ended. Returns how long to wait before the next fork, 0 for at once. `jitter`
  /// in [0, 1) adds up to a tenth, so that slots that die together don't restart together.
  std::chrono::nanoseconds delay_after_death(Death death, std::uint64_t forked_ns,
                                             std::uint64_t died_ns, double jitter);

 private:
  std::uint32_t deaths_ = 0;
  std::uint64_t row_began_ns_ = 0;
};

}  // namespace forkscope::supervisor
