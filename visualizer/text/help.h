// `?` on a terminal: all keys, and all words of the field (words/glossary.h), a screen at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "text/line.h"
#include "text/table_size.h"

namespace forkscope::text {

/// How many screens it takes; at least one.
std::size_t help_screens(TableSize size);

/// Exactly `size.rows` lines of at most `size.columns` columns. Beyond the last screen the first
/// one follows.
std::vector<std::string> help(TableSize size, std::size_t screen, Colors colors);

}  // namespace forkscope::text
