#include "picture/snapshot.h"

#include <algorithm>

namespace forkscope::picture {

namespace {

/// What a spinning worker makes of a core, also where it shares the machine with others.
constexpr double kBurnt = 0.5;

bool spins(const telemetry::WorkerReport& worker) {
  return worker.stuck_since_ns != 0 && worker.hang_kind == telemetry::HangKind::spin;
}

}  // namespace

void assign_workers_to_cores(Snapshot& snapshot) {
  for (CoreSample& core : snapshot.cores) {
    const bool burnt = core.utilisation >= kBurnt;
    core.workers.clear();
    core.suspects.clear();
    for (const telemetry::WorkerReport& worker : snapshot.workers) {
      if (worker.pid == 0) continue;
      if (worker.core == core.number && (burnt || !spins(worker))) {
        core.workers.push_back(worker.number);
      }
      if (burnt && spins(worker)) core.suspects.push_back(worker.number);
    }
    if (!core.workers.empty()) core.suspects.clear();
  }
}

const telemetry::WorkerReport* busiest_worker(const Snapshot& now, const Snapshot& rates) {
  const telemetry::WorkerReport* busiest = nullptr;
  double most = 0;
  for (const telemetry::WorkerReport& worker : rates.workers) {
    if (busiest && worker.requests_per_second <= most) continue;
    const auto has_process = [&](const telemetry::WorkerReport& other) {
      return other.number == worker.number && other.pid != 0;
    };
    const auto found = std::find_if(now.workers.begin(), now.workers.end(), has_process);
    if (found == now.workers.end()) continue;
    busiest = &*found;
    most = worker.requests_per_second;
  }
  return busiest;
}

bool ended_as_planned(const telemetry::WorkerReport& worker) {
  return worker.state == telemetry::WorkerState::dead && worker.last_exit &&
         !worker.last_exit->was_hung && worker.last_exit->cause == telemetry::ExitCause::exited &&
         worker.last_exit->code == 0;
}

}  // namespace forkscope::picture
