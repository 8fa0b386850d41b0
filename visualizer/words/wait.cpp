#include "words/wait.h"

#include <algorithm>

#include "words/format.h"

namespace forkscope::words {

using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

std::string where(const WorkerReport& worker) {
  if (!worker.in_flight) return "while " + std::string(telemetry::to_string(worker.phase));
  return "in " + std::string(telemetry::to_string(worker.in_flight->method)) + ' ' +
         telemetry::printable(worker.in_flight->path);
}

}  // namespace

double Wait::share() const {
  if (hung_at_ns == 0) return 0;
  return std::min(1.0, static_cast<double>(age_ns) / static_cast<double>(hung_at_ns));
}

std::vector<Wait> waits(const picture::Snapshot& now) {
  std::vector<Wait> all;
  if (now.attachment != picture::Attachment::live) return all;
  for (const WorkerReport& worker : now.workers) {
    if (worker.state != WorkerState::busy) continue;
    // The primary counts from the step that the event loop is in.
    const std::uint64_t begun_ns = worker.in_flight ? worker.in_flight->start_ns : 0;
    const std::uint64_t since_ns = std::max(worker.busy_since_ns, begun_ns);
    if (since_ns == 0 || now.time_ns < since_ns + kWaitNs) continue;
    all.push_back({worker.number, now.time_ns - since_ns, now.server.hang_after_ns, where(worker)});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Wait& left, const Wait& right) { return left.age_ns > right.age_ns; });
  return all;
}

std::string wait_text(const Wait& wait) { return counting_seconds(wait.age_ns) + ' ' + wait.where; }

std::string limit_text(const Wait& wait) {
  if (wait.hung_at_ns == 0) return {};
  return "called hung at " + counting_seconds(wait.hung_at_ns);
}

}  // namespace forkscope::words
