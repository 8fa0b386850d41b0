// WORKERS: one row per worker, always in the order of their numbers.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_workers(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
