// COMPARISON: a row for each way to share the port, as its clients have seen it.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_comparison(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
