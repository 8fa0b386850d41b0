// WHO ANSWERED: how the requests spread over the workers, and the latest of them.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_answers(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
