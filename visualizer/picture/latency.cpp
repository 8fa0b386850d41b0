#include "picture/latency.h"

namespace forkscope::picture {

double quantile_ns(const LatencyColumn& column, double quantile) {
  const auto row = telemetry::quantile_index(column, quantile);
  if (!row) return 0;
  return static_cast<double>(latency_row_from_ns(*row) + latency_row_from_ns(*row + 1)) / 2;
}

}  // namespace forkscope::picture
