// The whole screen: puts the views into the grid.
#pragma once

#include "views/drawing_observer.h"
#include "views/view.h"

namespace forkscope::views {

/// Draws one frame into the current Dear ImGui frame. `observer` may be null.
void draw_screen(const View& view, const Theme& theme, DrawingObserver* observer = nullptr);

}  // namespace forkscope::views
