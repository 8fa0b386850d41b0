#include "picture/latency.h"

#include <numeric>

namespace forkscope::picture {

double quantile_ns(const LatencyColumn& column, double quantile) {
  const auto all = std::accumulate(column.begin(), column.end(), std::uint64_t{0});
  const double rank = quantile * static_cast<double>(all);
  std::uint64_t seen = 0;
  for (std::uint32_t row = 0; row < kLatencyRows; ++row) {
    seen += column[row];
    if (column[row] == 0 || static_cast<double>(seen) < rank) continue;
    return static_cast<double>(latency_row_from_ns(row) + latency_row_from_ns(row + 1)) / 2;
  }
  return 0;
}

}  // namespace forkscope::picture
