// The requests' way to their workers: from the one port, a ribbon to each worker as wide as its
// share, over a bar of the same share beside a scale. When there are few requests, each one is a
// dot. Nothing moves that was not a request.
#pragma once

#include <cstdint>
#include <vector>

#include "views/painter.h"
#include "views/view.h"
#include "words/rates.h"

namespace forkscope::views {

/// What a fan shows. Borrows the rates.
struct Spread {
  std::vector<double> shares;  ///< Requests in the window, in the order of view.now.workers.
  std::uint64_t window_ns;
  const words::Rates& rates;  ///< Of the last second, whatever the window.
};

void draw_fan(const Painter& painter, const Rect& rect, const View& view, const Spread& spread);

}  // namespace forkscope::views
