// LATENCY: a heat map of the last 30 seconds. Time goes to the right, latency upwards
// (logarithmic), and the more requests a cell has, the brighter it is: a stall is a hole, a slow
// worker a second band. Flags on top say when something happened.
#pragma once

#include <cstddef>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

// Coarser than the rows and bins of picture/latency.h: a cell has to be seen from afar.
inline constexpr std::size_t kLatencyRows = 48;  // two to an octave, up to 17 s
inline constexpr std::size_t kBinsPerColumn = 2;
inline constexpr std::size_t kLatencyColumns = kShownBins / kBinsPerColumn;

void draw_latency(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
