// One worker as a row: state, lane, rate, and what is going on or has happened to it.
#pragma once

#include <string>

#include "forkscope/telemetry/worker_report.h"
#include "model/look.h"
#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// A row shows what it has room for: a tall one everything, a narrow one no process details.
/// `lane_top` is the requests per bin at the lane's upper edge; `story` what has happened to the
/// worker lately, or nothing.
void draw_worker_row(const Painter& painter, const Rect& rect, const View& view,
                     const telemetry::WorkerReport& worker, float lane_top,
                     const std::string& story);

/// The figures of the worker at the last calm moment; falls back to the newest.
const telemetry::WorkerReport& calm_report(const View& view, const telemetry::WorkerReport& worker);

}  // namespace forkscope::views
