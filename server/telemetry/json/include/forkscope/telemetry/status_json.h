// How the server is doing, as JSON: what `/v1/workers` answers, and what the control socket's
// `status` says of it.
#pragma once

#include <nlohmann/json.hpp>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::telemetry {

/// {"balance", "protection", "moved": {"hang", "crash", "drain", "balance"}, "requests_lost",
/// "lost_by_worker", "target_workers", "hang_after_ms", "workers": […]}; what is counted is counted
/// since the start. `now_ns` is CLOCK_MONOTONIC.
nlohmann::ordered_json status_json(const SegmentView& view, std::uint64_t now_ns);

}  // namespace forkscope::telemetry
