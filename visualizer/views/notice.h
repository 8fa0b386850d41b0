// One line for a few seconds: what a key or button has done.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// On a plate in the middle of `over`.
void draw_notice(const Painter& painter, const Rect& over, const View& view);

}  // namespace forkscope::views
