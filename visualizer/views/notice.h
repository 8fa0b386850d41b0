// One line for a few seconds: what a key or button has done.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// Of its plate, in pixels; 0 while there is nothing to say.
float notice_width(const Painter& painter, const View& view);
/// Over whatever is open. `place` is in the top line, where it covers nothing.
void draw_notice(const Painter& painter, const Rect& place, const View& view);

}  // namespace forkscope::views
