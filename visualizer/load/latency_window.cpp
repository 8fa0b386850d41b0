#include "load/latency_window.h"

#include <algorithm>

namespace forkscope::load {

void LatencyWindow::end_period() {
  for (std::size_t i = 0; i < counts_.size(); ++i) window_[i] += counts_[i];
  periods_.push_back({counts_, most_});
  counts_.fill(0);
  most_ = 0;
  if (periods_.size() <= kPeriods) return;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    window_[i] -= periods_.front().counts[i];
  }
  periods_.pop_front();
}

std::uint64_t LatencyWindow::quantile_ns(double quantile) const {
  Counts all = window_;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] += counts_[i];
  const auto middle_ns =
      static_cast<std::uint64_t>(telemetry::histogram_quantile_ns(all, quantile));
  return std::min(middle_ns, max_ns());
}

std::uint64_t LatencyWindow::max_ns() const {
  std::uint64_t most = most_;
  for (const Period& period : periods_) most = std::max(most, period.most);
  return most;
}

}  // namespace forkscope::load
