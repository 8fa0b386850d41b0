// EVENTS: what the primary has done and seen, newest first.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_event_log(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
