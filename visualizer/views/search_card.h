// Shown while there is no server: says so, and how to start one.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_search_card(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
