// Which worker a button or key acts on.
#pragma once

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/worker_report.h"
#include "views/view.h"

namespace forkscope::views {

/// The selected worker, or the busiest when none is selected. Null when there is no process to act
/// on.
const telemetry::WorkerReport* kill_subject(const View& view);

/// The same for Freeze; a frozen worker comes before a busy one, so that a second press continues
/// it.
const telemetry::WorkerReport* freeze_subject(const View& view);

/// Numbers of the workers that SIGSTOP or a like signal has stopped and nothing has continued
/// since.
std::vector<std::uint32_t> frozen_workers(const View& view);
bool is_frozen(const View& view, std::uint32_t number);

}  // namespace forkscope::views
