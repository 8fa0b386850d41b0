// The live table as lines: a pure function of the history and the size of the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/history.h"

namespace forkscope::text {

struct TableSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// At most `size.rows` lines of at most `size.columns` columns. Workers come before everything but
/// the alarms; the latest events take what is left.
std::vector<std::string> table(const model::History& history, TableSize size, bool colored);

}  // namespace forkscope::text
