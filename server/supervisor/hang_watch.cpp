#include "supervisor/hang_watch.h"

#include <algorithm>

namespace forkscope::supervisor {

HangWatch::Verdict HangWatch::check(const telemetry::Progress& progress,
                                    std::uint64_t stopped_since_ns, std::uint64_t now_ns) {
  const auto phase = static_cast<telemetry::Phase>(progress.phase);
  const bool moved = !seen_ || progress.steps != last_steps_;
  seen_ = true;
  last_steps_ = progress.steps;

  Verdict verdict;
  const bool busy = phase != telemetry::Phase::idle && phase != telemetry::Phase::booting;
  if (!busy && stopped_since_ns == 0) return verdict;
  const std::uint64_t since = busy ? progress.busy_since_ns : stopped_since_ns;
  verdict.stuck_since_ns = std::min(std::max(since, armed_ns_), now_ns);
  verdict.check_at_ns = verdict.stuck_since_ns + hang_after_ns_;
  // The words are read one by one while the worker writes them: only a second look without any
  // step in between proves that they belong together.
  if (moved && stopped_since_ns == 0) {
    verdict.check_at_ns = std::max(verdict.check_at_ns, now_ns + 1'000'000);
    return verdict;
  }
  verdict.stuck = true;
  verdict.hung = now_ns - verdict.stuck_since_ns >= hang_after_ns_;
  return verdict;
}

}  // namespace forkscope::supervisor
