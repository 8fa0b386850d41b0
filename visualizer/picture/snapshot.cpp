#include "picture/snapshot.h"

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

bool ended_as_planned(const telemetry::WorkerReport& worker) {
  return worker.state == telemetry::WorkerState::dead && worker.last_exit &&
         !worker.last_exit->was_hung && worker.last_exit->cause == telemetry::ExitCause::exited &&
         worker.last_exit->code == 0;
}

}  // namespace forkscope::picture
