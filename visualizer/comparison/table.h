// The rows of a comparison as a table of texts, for a screen and for a file.
#pragma once

#include <string>
#include <vector>

#include "comparison/comparison.h"

namespace forkscope::comparison {

using Cells = std::vector<std::string>;

/// "way", "share of each worker", "fair", …: as many as a row has cells.
const Cells& heads();
/// Whether somebody waited in it for the better part of the hang: until the worker was replaced.
bool starves(const Row& row);
/// "hash", "26 24 27 23 %", "0.99", …
Cells cells(const Row& row);

/// The same as Markdown, with a head and under it what was done; ends with a new line. `title` is
/// one line.
std::string markdown(const std::string& title, const Comparison& comparison);

}  // namespace forkscope::comparison
