// How evenly the work is spread.
#pragma once

#include <span>

namespace forkscope::history {

/// Jain's fairness index of the shares: 1 = all alike, 1/n = one does everything. 1 for no load.
double fairness(std::span<const double> shares);

}  // namespace forkscope::history
