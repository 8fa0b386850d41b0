// LESSON: a question to the class, what it fires, what it measures; in the place of the buttons.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_lesson(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
