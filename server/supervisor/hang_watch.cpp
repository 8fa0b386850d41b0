#include "supervisor/hang_watch.h"

#include <algorithm>

namespace forkscope::supervisor {

HangWatch::Verdict HangWatch::check(const telemetry::Progress& progress,
                                    std::optional<std::uint64_t> stopped_since_ns,
                                    std::uint64_t now_ns) {
  const auto phase = static_cast<telemetry::Phase>(progress.phase);
  const bool moved = !seen_ || progress.steps != last_steps_;
  seen_ = true;
  last_steps_ = progress.steps;

  Verdict verdict;
  const bool busy = phase != telemetry::Phase::idle && phase != telemetry::Phase::booting;
  if (!busy && !stopped_since_ns) return verdict;
  const std::uint64_t since = busy ? progress.busy_since_ns : *stopped_since_ns;
  verdict.stuck_since_ns = std::min(std::max(since, armed_ns_), now_ns);
  const auto hung_at = os::Deadline::after(verdict.stuck_since_ns, hang_after_);
  verdict.check_at = hung_at;
  // The words are read one by one while the worker writes them: only a second look without any
  // step in between proves that they belong together.
  if (moved && !stopped_since_ns) {
    verdict.check_at = std::max(hung_at, os::Deadline::after(now_ns, std::chrono::milliseconds(1)));
    return verdict;
  }
  verdict.stuck = true;
  verdict.hung = hung_at.has_passed(now_ns);
  return verdict;
}

}  // namespace forkscope::supervisor
