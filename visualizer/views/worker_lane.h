// The last 30 seconds of one worker: requests as bars; hatched while it hung, crossed where a
// process died, a plus where its successor came.
#pragma once

#include <cstdint>

#include "views/painter.h"
#include "views/view.h"
#include "views/worker_row.h"

namespace forkscope::views {

/// `rect` is thirty seconds wide; only what is in `seen`, a part of it, is drawn.
void draw_worker_lane(const Painter& painter, const Rect& rect, const Rect& seen, const View& view,
                      std::uint32_t number, const RowContext& context);

}  // namespace forkscope::views
