// The time line: up to ten minutes, with the load and every incident on it; a click or a drag goes
// there.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_time_bar(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
