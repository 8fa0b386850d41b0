#include "model/snapshot.h"

namespace forkscope::model {

void assign_workers_to_cores(Snapshot& snapshot) {
  for (CoreSample& core : snapshot.cores) {
    core.workers.clear();
    for (const telemetry::WorkerReport& worker : snapshot.workers) {
      if (worker.pid != 0 && worker.core == core.number) core.workers.push_back(worker.number);
    }
  }
}

}  // namespace forkscope::model
