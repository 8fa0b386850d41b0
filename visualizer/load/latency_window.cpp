#include "load/latency_window.h"

#include <algorithm>
#include <cmath>

namespace forkscope::load {

void LatencyWindow::end_period() {
  for (std::size_t i = 0; i < counts_.size(); ++i) window_[i] += counts_[i];
  periods_.push_back({counts_, most_});
  counts_.fill(0);
  most_ = 0;
  if (periods_.size() <= kPeriods) return;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    window_[i] -= periods_.front().counts[i];
    total_ -= periods_.front().counts[i];
  }
  periods_.pop_front();
}

std::uint64_t LatencyWindow::quantile_ns(double quantile) const {
  if (total_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::clamp(
      std::ceil(quantile * static_cast<double>(total_)), 1.0, static_cast<double>(total_)));
  std::uint64_t seen = 0;
  for (std::uint32_t bucket = 0; bucket < telemetry::kHistogramBuckets; ++bucket) {
    seen += window_[bucket] + counts_[bucket];
    if (seen < rank) continue;
    const std::uint64_t low = telemetry::histogram_lower_bound_ns(bucket);
    if (bucket + 1 == telemetry::kHistogramBuckets) return low;
    return std::min((low + telemetry::histogram_lower_bound_ns(bucket + 1)) / 2, max_ns());
  }
  return 0;
}

std::uint64_t LatencyWindow::max_ns() const {
  std::uint64_t most = most_;
  for (const Period& period : periods_) most = std::max(most, period.most);
  return most;
}

}  // namespace forkscope::load
