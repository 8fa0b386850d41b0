// How long requests took in the last second, from a histogram that only grows.
//
// Fed with the sum over all slots about ten times per second. Main thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace forkscope::live {

class LatencyMeter {
 public:
  /// Whether a sample is due.
  bool due(std::uint64_t now_ns) const;
  /// In order of time. `histogram` (telemetry/histogram.h) as summed over all slots, also those
  /// without a worker: a sum that shrank or jumped would be taken for what happened in the last
  /// second.
  void add(std::uint64_t now_ns, std::vector<std::uint64_t> histogram);

  /// 0 without requests in the last second. `quantile` is 0 … 1.
  double latency_ms(double quantile) const;

 private:
  struct Sample {
    std::uint64_t time_ns;
    std::vector<std::uint64_t> histogram;
  };
  std::deque<Sample> samples_;  // the oldest is about a second older than the newest
};

}  // namespace forkscope::live
