// The card with all keys.
#pragma once

#include "views/painter.h"

namespace forkscope::views {

void draw_help(const Painter& painter, ImVec2 window);

}  // namespace forkscope::views
