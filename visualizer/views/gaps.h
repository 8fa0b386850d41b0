// What the visualizer itself did not see: it was stopped, or too slow. Such a gap is shown as a gap
// with the number of records that were lost in it, and never closed with something invented.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "history/history.h"
#include "views/painter.h"

namespace forkscope::views {

struct Gap {
  std::size_t begin = 0;   ///< Index of its first bin.
  std::size_t end = 0;     ///< Index of the first bin behind it.
  std::uint64_t lost = 0;  ///< Records that were never read.
};

/// Of a row of bins. The time before anything was seen is none.
std::vector<Gap> find_gaps(std::span<const history::TimeBin> bins);

/// Hatches them in a graph of `count` bins; with their numbers where there is room.
void draw_gaps(const Painter& painter, const Rect& plot, std::span<const Gap> gaps,
               std::size_t count, bool with_numbers);

}  // namespace forkscope::views
