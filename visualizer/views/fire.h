// FIRE: buttons that do real things to the server, each with the line that does the same in a
// shell.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_fire(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
