// The top line: whom we look at, and the figures of the whole.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// While there is a notice, figures give way to it from the last one on. Returns its place.
Rect draw_top_line(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
