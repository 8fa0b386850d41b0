// The workers as lines of the live table: full rows where there is room, tiles where there is not.
#pragma once

#include <cstdint>
#include <vector>

#include "history/history.h"
#include "text/line.h"
#include "text/table_size.h"

namespace forkscope::text {

/// A heading and at most `size.rows` lines, by number. Where there is no room for a full row each,
/// those that are not well come first in full rows, and at least one line counts the others.
std::vector<Line> worker_rows(const history::History& history, std::uint64_t time_ns,
                              TableSize size, Colors colors);

}  // namespace forkscope::text
