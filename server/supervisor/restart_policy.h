// When the next process of a slot may be forked: at once at first, later with growing delays, so
// that a worker that dies at every start costs little and one that died once costs nothing.
//
// One per slot, in the primary. Time comes in as an argument: the policy reads no clock.
#pragma once

#include <cstdint>

namespace forkscope::supervisor {

class RestartPolicy {
 public:
  /// Deaths in a row that are answered at once.
  static constexpr std::uint32_t kFreeDeaths = 3;
  static constexpr std::uint64_t kFirstDelayNs = 100'000'000;
  static constexpr std::uint64_t kLongestDelayNs = 15'000'000'000;
  /// A process that has lived this long starts a new row; so does a death this long after the
  /// row's first.
  static constexpr std::uint64_t kStableNs = 30'000'000'000;

  /// A process has ended. Returns how long to wait before the next fork, 0 for at once. `jitter`
  /// in [0, 1) adds up to a tenth, so that slots that die together don't restart together.
  std::uint64_t delay_after_death(std::uint64_t forked_ns, std::uint64_t died_ns, double jitter);

 private:
  std::uint32_t deaths_ = 0;
  std::uint64_t row_began_ns_ = 0;
};

}  // namespace forkscope::supervisor
