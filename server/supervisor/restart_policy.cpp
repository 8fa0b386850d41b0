#include "supervisor/restart_policy.h"

#include <algorithm>
#include <cassert>

namespace forkscope::supervisor {

std::uint64_t RestartPolicy::delay_after_death(Death death, std::uint64_t forked_ns,
                                               std::uint64_t died_ns, double jitter) {
  assert(forked_ns <= died_ns && jitter >= 0 && jitter < 1);
  if (death == Death::killed_while_serving) return 0;
  if (death == Death::killed_while_booting) return kFirstDelayNs;
  const bool lived_long = died_ns - forked_ns >= kStableNs;
  const bool row_is_old = deaths_ <= kFreeDeaths && died_ns - row_began_ns_ >= kStableNs;
  if (deaths_ == 0 || lived_long || row_is_old) {
    deaths_ = 0;
    row_began_ns_ = died_ns;
  }
  ++deaths_;
  if (deaths_ <= kFreeDeaths) return 0;

  std::uint64_t delay = kFirstDelayNs;
  for (std::uint32_t i = kFreeDeaths + 1; i < deaths_ && delay < kLongestDelayNs; ++i) delay *= 2;
  const double spread = 1 + jitter / 10;
  return std::min(kLongestDelayNs, static_cast<std::uint64_t>(static_cast<double>(delay) * spread));
}

}  // namespace forkscope::supervisor
