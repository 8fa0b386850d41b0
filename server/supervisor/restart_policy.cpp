#include "supervisor/restart_policy.h"

#include <algorithm>
#include <cassert>

namespace forkscope::supervisor {

std::chrono::nanoseconds RestartPolicy::delay_after_death(Death death, std::uint64_t forked_ns,
                                                          std::uint64_t died_ns, double jitter) {
  assert(forked_ns <= died_ns && jitter >= 0 && jitter < 1);
  using std::chrono::nanoseconds;
  if (death == Death::killed_while_serving) return nanoseconds(0);
  if (death == Death::killed_while_booting) return kFirstDelay;
  const bool lived_long = nanoseconds(died_ns - forked_ns) >= kStable;
  const bool row_is_old = deaths_ <= kFreeDeaths && nanoseconds(died_ns - row_began_ns_) >= kStable;
  if (deaths_ == 0 || lived_long || row_is_old) {
    deaths_ = 0;
    row_began_ns_ = died_ns;
  }
  ++deaths_;
  if (deaths_ <= kFreeDeaths) return nanoseconds(0);

  nanoseconds delay = kFirstDelay;
  for (std::uint32_t i = kFreeDeaths + 1; i < deaths_ && delay < kLongestDelay; ++i) delay *= 2;
  const double spread = 1 + jitter / 10;
  return std::min(kLongestDelay, std::chrono::duration_cast<nanoseconds>(delay * spread));
}

}  // namespace forkscope::supervisor
