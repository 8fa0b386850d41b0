// The last 30 seconds of one worker: requests as bars; hatched while it hung, crossed where a
// process died, a plus where its successor came.
#pragma once

#include <cstdint>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// `top`: requests per bin at the upper edge.
void draw_worker_lane(const Painter& painter, const Rect& rect, const View& view,
                      std::uint32_t number, float top);

}  // namespace forkscope::views
