#include "words/losses.h"

#include <algorithm>

#include "words/format.h"

namespace forkscope::words {

using telemetry::EventKind;

Losses losses_at(const history::History& history, std::uint64_t time_ns) {
  Losses losses;
  losses.total = history.at(time_ns).totals.abandoned;
  if (losses.total == 0) return losses;
  std::uint64_t known = 0;
  for (const telemetry::EventRecord& event : history.events(time_ns, SIZE_MAX)) {
    const auto kind = static_cast<EventKind>(event.kind);
    if (kind == EventKind::exit && event.abandoned > 0) {
      losses.known.push_back({static_cast<std::int64_t>(event.wall_clock_ns), event.worker,
                              event.exit_cause, event.exit_code, event.abandoned});
      known += event.abandoned;
    }
    // The first that a server does; what is older is of the one before it.
    if (kind == EventKind::fork && event.worker == 1 && event.generation == 1) break;
  }
  // An event may be a look ahead of the sum.
  losses.total = std::max(losses.total, known);
  losses.earlier = losses.total - known;
  return losses;
}

std::string losses_text(const Losses& losses, std::size_t most) {
  if (losses.total == 0) return {};
  std::string text = counted(losses.total, "request") + " lost: ";
  std::uint64_t rest = losses.total;
  const char* between = "";
  for (std::size_t i = 0; i < std::min(most, losses.known.size()); ++i) {
    const Loss& loss = losses.known[i];
    text += between + grouped(loss.requests) + " with worker " + std::to_string(loss.worker) +
            " (" + end_text(loss.exit_cause, loss.exit_code, Tone::exact) + ')';
    rest -= loss.requests;
    between = ", ";
  }
  return rest == 0 ? text : text + between + grouped(rest) + " earlier";
}

}  // namespace forkscope::words
