// Hundreds of workers: each a tile with number, state and rate.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_worker_tiles(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
