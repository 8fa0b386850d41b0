// The card that says which requests were lost, and with whom: it adds up to what the top line says.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

void draw_losses(const Painter& painter, ImVec2 window, const View& view);

}  // namespace forkscope::views
