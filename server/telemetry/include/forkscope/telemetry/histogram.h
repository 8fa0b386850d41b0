// Latency buckets: log-linear, so that a bucket is never wider than 6.25 % of its value.
//
// Sixteen buckets per power of two. Values below 16 ns have a bucket each; values from 2^36 ns
// (68.7 s) on fall into the last one.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <ranges>

namespace forkscope::telemetry {

inline constexpr std::uint32_t kHistogramBuckets = 528;

constexpr std::uint32_t histogram_bucket(std::uint64_t value_ns) {
  if (value_ns < 16) return static_cast<std::uint32_t>(value_ns);
  const auto exponent = static_cast<std::uint32_t>(std::bit_width(value_ns)) - 1;
  if (exponent >= 36) return kHistogramBuckets - 1;
  const auto sixteenth = static_cast<std::uint32_t>(value_ns >> (exponent - 4)) & 15;
  return (exponent - 3) * 16 + sixteenth;
}

/// The smallest value that falls into `bucket`, in nanoseconds.
constexpr std::uint64_t histogram_lower_bound_ns(std::uint32_t bucket) {
  if (bucket < 16) return bucket;
  const std::uint32_t exponent = bucket / 16 + 3;
  return (std::uint64_t{16} + bucket % 16) << (exponent - 4);
}

/// Which of `counts` holds the quantile (0 … 1), whatever ruler they are counted with; nothing when
/// all are empty.
template <std::ranges::forward_range Counts>
constexpr std::optional<std::uint32_t> quantile_index(const Counts& counts, double quantile) {
  std::uint64_t all = 0;
  for (const auto count : counts) all += count;
  const double rank = quantile * static_cast<double>(all);
  std::uint64_t seen = 0;
  std::uint32_t index = 0;
  for (const auto count : counts) {
    seen += count;
    if (count != 0 && static_cast<double>(seen) >= rank) return index;
    ++index;
  }
  return std::nullopt;
}

/// The middle of the bucket that holds the quantile, in nanoseconds; 0 when all are empty. The last
/// bucket is taken to end at 2^36 ns.
template <std::ranges::forward_range Counts>
constexpr double histogram_quantile_ns(const Counts& counts, double quantile) {
  const auto bucket = quantile_index(counts, quantile);
  if (!bucket) return 0;
  const std::uint64_t bounds =
      histogram_lower_bound_ns(*bucket) + histogram_lower_bound_ns(*bucket + 1);
  return static_cast<double>(bounds) / 2;
}

static_assert(histogram_bucket((std::uint64_t{1} << 36) - 1) == kHistogramBuckets - 1);
static_assert(histogram_bucket(histogram_lower_bound_ns(100)) == 100);
static_assert(histogram_bucket(histogram_lower_bound_ns(100) - 1) == 99);

}  // namespace forkscope::telemetry
