// The outage of a receipt as a bar of its measured parts: until it was noticed, until its process
// had ended, until its successor served.
#pragma once

#include "views/painter.h"
#include "words/outage.h"

namespace forkscope::views {

/// Fills `rect` with the parts, as long as they took. One that took next to nothing stays visible.
void draw_outage_bar(const Painter& painter, const Rect& rect, const words::Outage& outage);

}  // namespace forkscope::views
