// Latencies as the heat map shows them: rows of a logarithmic scale, four to an octave.
//
// The segment's histograms (telemetry/histogram.h) are four times as fine, and are kept per worker
// and for ever; these rows are kept per 100 ms for ten minutes, so they have to be few.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "forkscope/telemetry/histogram.h"

namespace forkscope::picture {

inline constexpr std::uint32_t kLatencyRows = 104;
inline constexpr std::uint8_t kNoLatency = 255;  // instead of a row: nothing ended

/// How many requests fell into each row.
using LatencyColumn = std::array<std::uint32_t, kLatencyRows>;

/// The row of a latency. Below 1.024 µs all is row 0; from 68.7 s on all is the last.
constexpr std::uint8_t latency_row(std::uint64_t ns) {
  constexpr std::uint32_t kFirstExponent = 10;  // 2^10 ns
  if (ns < (std::uint64_t{1} << kFirstExponent)) return 0;
  const auto exponent = static_cast<std::uint32_t>(std::bit_width(ns)) - 1;
  if (exponent >= 36) return kLatencyRows - 1;
  const auto quarter = static_cast<std::uint32_t>(ns >> (exponent - 2)) & 3;
  return static_cast<std::uint8_t>((exponent - kFirstExponent) * 4 + quarter);
}

/// The smallest latency of a row, in nanoseconds; `row` up to kLatencyRows, whose bound is the end.
constexpr std::uint64_t latency_row_from_ns(std::uint32_t row) {
  return (std::uint64_t{4} + row % 4) << (row / 4 + 8);
}

/// The middle of the row that holds the quantile (0 … 1), in nanoseconds; 0 when all are empty.
double quantile_ns(const LatencyColumn& column, double quantile);

/// Requests of one worker that ended since the look before, in one row.
struct LatencyCount {
  std::uint16_t worker = 0;  ///< Number.
  std::uint8_t row = 0;
  std::uint32_t count = 0;
};

static_assert(latency_row(latency_row_from_ns(50)) == 50);
static_assert(latency_row(latency_row_from_ns(50) - 1) == 49);
static_assert(latency_row((std::uint64_t{1} << 36) - 1) == kLatencyRows - 1);

}  // namespace forkscope::picture
