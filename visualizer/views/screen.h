// The whole screen: puts the views into the grid.
#pragma once

#include "views/view.h"

namespace forkscope::views {

/// Draws one frame into the current Dear ImGui frame.
void draw_screen(const View& view, const Theme& theme);

}  // namespace forkscope::views
