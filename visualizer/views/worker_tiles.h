// Hundreds of workers: each a tile with number, state and rate.
#pragma once

#include <cstddef>

#include "views/moves.h"
#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// Lower, tiles of so many workers would have no room for their numbers; in pixels.
float least_tiles_height(const Painter& painter, float width, std::size_t workers);
/// Adds where each is to `spots`, unless that is known already.
void draw_worker_tiles(const Painter& painter, const Rect& rect, const View& view,
                       WorkerSpots& spots);

}  // namespace forkscope::views
