// CORES: utilisation of every core over the last 30 seconds, the workers that last ran on it, and
// how much of it is theirs.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_cores(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
