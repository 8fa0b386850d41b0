// One worker: as a row with its lane, or, among hundreds, as a tile.
#pragma once

#include "forkscope/telemetry/worker_report.h"
#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// A row shows what it has room for: a tall one everything, a narrow one no process details.
/// `lane_top` is the requests per bin at the lane's upper edge.
void draw_worker_row(const Painter& painter, const Rect& rect, const View& view,
                     const telemetry::WorkerReport& worker, float lane_top);

/// Number, state and rate.
void draw_worker_tile(const Painter& painter, const Rect& rect, const View& view,
                      const telemetry::WorkerReport& worker);

}  // namespace forkscope::views
