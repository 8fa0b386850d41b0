#include "live/latency_meter.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "forkscope/telemetry/histogram.h"

namespace forkscope::live {

namespace {

constexpr std::uint64_t kPeriodNs = 100'000'000;
constexpr std::uint64_t kWindowNs = 1'000'000'000;

}  // namespace

bool LatencyMeter::due(std::uint64_t now_ns) const {
  return samples_.empty() || now_ns >= samples_.back().time_ns + kPeriodNs;
}

void LatencyMeter::add(std::uint64_t now_ns, std::vector<std::uint64_t> histogram) {
  assert(samples_.empty() || now_ns >= samples_.back().time_ns);
  samples_.push_back({now_ns, std::move(histogram)});
  while (samples_.size() > 2 && samples_[1].time_ns + kWindowNs <= now_ns) samples_.pop_front();
}

double LatencyMeter::latency_ms(double quantile) const {
  if (samples_.size() < 2) return 0;
  const std::vector<std::uint64_t>& first = samples_.front().histogram;
  std::vector<std::uint64_t> counts = samples_.back().histogram;
  for (std::size_t bucket = 0; bucket < counts.size() && bucket < first.size(); ++bucket) {
    counts[bucket] -= std::min(counts[bucket], first[bucket]);
  }
  return telemetry::histogram_quantile_ns(counts, quantile) / 1e6;
}

}  // namespace forkscope::live
