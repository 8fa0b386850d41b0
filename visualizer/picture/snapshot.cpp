#include "picture/snapshot.h"

#include <algorithm>

namespace forkscope::picture {

namespace {

/// What a spinning worker makes of a core, also where it shares the machine with others.
constexpr double kBurnt = 0.5;

bool spins(const telemetry::WorkerReport& worker) {
  return worker.stuck_since_ns != 0 && worker.hang_kind == telemetry::HangKind::spin;
}

enum class Use { none, perhaps, certain };

Use use_of(const telemetry::WorkerReport& worker, const CoreSample& core, std::uint64_t now_ns) {
  const bool here = worker.core == core.number;
  if (worker.pid == 0) return Use::none;
  if (spins(worker)) {
    if (core.utilisation < kBurnt) return Use::none;
    return here ? Use::certain : Use::perhaps;
  }
  if (!here || worker.stuck_since_ns != 0) return Use::none;
  if (worker.in_flight && now_ns > worker.in_flight->start_ns + kSlowNs) return Use::perhaps;
  return worker.in_flight || worker.requests_per_second > 0 ? Use::certain : Use::none;
}

}  // namespace

void assign_workers_to_cores(Snapshot& snapshot) {
  for (CoreSample& core : snapshot.cores) {
    core.workers.clear();
    core.suspects.clear();
    for (const telemetry::WorkerReport& worker : snapshot.workers) {
      switch (use_of(worker, core, snapshot.time_ns)) {
        case Use::none: break;
        case Use::perhaps: core.suspects.push_back(worker.number); break;
        case Use::certain: core.workers.push_back(worker.number); break;
      }
    }
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
