// The worker list as JSON, the same in `/v1/workers` and the control socket's `status`
// (status_json.h) as in `todos-visualizer --text --once`.
#pragma once

#include <nlohmann/json.hpp>

#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {

/// {"number", "pid", "generation", "state", "core", "connections", "requests",
///  "requests_per_second", "in_flight", "uptime_ms", "last_exit", …}
nlohmann::ordered_json to_json(const WorkerReport& worker, std::uint64_t now_ns);
/// {"workers": […]}
nlohmann::ordered_json workers_json(const std::vector<WorkerReport>& workers, std::uint64_t now_ns);

}  // namespace forkscope::telemetry
