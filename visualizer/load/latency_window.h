// Latencies of the last seconds: counts per bucket, in periods that are forgotten as they age.
//
// Used by the generator's thread alone. Buckets are those of the telemetry (histogram.h there), so
// that client and server are measured with the same ruler.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "forkscope/telemetry/histogram.h"

namespace forkscope::load {

class LatencyWindow {
 public:
  void add(std::uint64_t latency_ns) {
    ++counts_[telemetry::histogram_bucket(latency_ns)];
    if (latency_ns > most_) most_ = latency_ns;
  }

  /// Ends a period; the window holds the latest `kPeriods` of them.
  void end_period();

  /// The middle of the bucket that holds the quantile (0 … 1) of the window; 0 without latencies.
  std::uint64_t quantile_ns(double quantile) const;
  std::uint64_t max_ns() const;

 private:
  static constexpr std::size_t kPeriods = 50;  // of the generator's measurements: five seconds
  using Counts = std::array<std::uint32_t, telemetry::kHistogramBuckets>;
  struct Period {
    Counts counts;
    std::uint64_t most;
  };

  Counts counts_{};  // of the period that runs
  std::uint64_t most_ = 0;
  Counts window_{};  // the sum of all periods that are over
  std::deque<Period> periods_;
};

}  // namespace forkscope::load
