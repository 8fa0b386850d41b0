// Flags over a graph of the last 30 seconds: what happened to workers, and to their protection,
// when.
#pragma once

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// A thin line through `plot` for each of them, with its shape at the height `middle`.
void draw_flags(const Painter& painter, const Rect& plot, float middle, const View& view);

}  // namespace forkscope::views
