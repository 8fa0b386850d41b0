// The live table as lines: a pure function of the history, the view time and the terminal.
//
// What needs attention comes first and is never cut for what is well: alarms, then the workers that
// are not well in full rows. Where not all workers have room, the healthy ones shrink to a number
// and a shape. Rows never re-sort.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/history.h"
#include "text/line.h"
#include "text/table_size.h"

namespace forkscope::text {

/// What the last row says beside the time, and the one above it.
struct Footer {
  std::string mode;       ///< "LIVE", "PAUSED 12.3 s ago", "REPLAY 0:12 of 1:30".
  bool alert = false;     ///< Not live: it is set off.
  std::string help;       ///< The keys, or a notice.
  std::string load = {};  ///< What the load's clients see, in the row above. Empty: there is none.
};

/// Exactly `size.rows` lines of at most `size.columns` columns.
std::vector<std::string> table(const history::History& history, std::uint64_t time_ns,
                               const Footer& footer, TableSize size, Colors colors);

}  // namespace forkscope::text
