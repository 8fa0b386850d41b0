#include "words/serving.h"

#include "words/format.h"
#include "words/look.h"

namespace forkscope::words {

Serving serving_of(const picture::Snapshot& picture) {
  using telemetry::WorkerState;
  Serving counts;
  if (picture.attachment != picture::Attachment::live) return counts;
  counts.all = picture.workers.size();
  for (const telemetry::WorkerReport& worker : picture.workers) {
    if (worker.state != WorkerState::idle && worker.state != WorkerState::busy) continue;
    const bool slow = look_of(worker, picture.time_ns, {}) == Look::slow;
    ++(slow ? counts.slow : counts.serving);
  }
  return counts;
}

std::string Serving::text() const {
  if (all == 0) return "no worker";
  if (serving == all) return counted(all, "worker");
  std::string text = std::to_string(serving) + " of " + counted(all, "worker") +
                     (serving == 1 ? " serves" : " serve");
  if (slow > 0) text += ", " + std::to_string(slow) + " slow";
  return text;
}

}  // namespace forkscope::words
