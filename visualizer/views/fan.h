// The requests' way to their workers: from the one port, a ribbon to each worker as wide as its
// rate, over bars of what each has answered. When there are few requests, each one is a dot.
// Nothing moves that was not a request.
#pragma once

#include <span>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// `shares`: requests of each worker in the window that the bars stand for, in the order of
/// view.now.workers.
void draw_fan(const Painter& painter, const Rect& rect, const View& view,
              std::span<const double> shares);

}  // namespace forkscope::views
