// One line for a few seconds: what a key or button has done.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// Within `row`, from its left end.
void draw_notice(const Painter& painter, const Rect& row, const View& view);

}  // namespace forkscope::views
