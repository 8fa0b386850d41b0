// Spreads what was counted between two pictures over the bins of that time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "history/bin_ring.h"

namespace forkscope::history {

/// Evenly, since only the sum is known: `give(bin, count)` for each bin that gets something. Each
/// bin gets a whole number, and together they get all, unless the time is longer than `most_bins`
/// bins: what is older than that is not given.
template <typename Give>
void spread(std::uint64_t all, std::uint64_t from_ns, std::uint64_t to_ns, std::size_t most_bins,
            Give give) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;  // more can only be a lie
  all = std::min(all, kMost);
  const std::uint64_t last = bin_of(to_ns);
  if (to_ns <= from_ns) return give(last, all);
  const auto due_until = [&](std::uint64_t time_ns) {
    const double part =
        static_cast<double>(time_ns - from_ns) / static_cast<double>(to_ns - from_ns);
    return static_cast<std::uint64_t>(static_cast<double>(all) * part);
  };
  const std::uint64_t first =
      std::max(bin_of(from_ns), last - std::min<std::uint64_t>(last, most_bins));
  std::uint64_t given = first * kBinNs > from_ns ? due_until(first * kBinNs) : 0;
  for (std::uint64_t bin = first; bin <= last; ++bin) {
    const std::uint64_t due = bin == last ? all : due_until((bin + 1) * kBinNs);
    if (due > given) give(bin, due - given);
    given = std::max(given, due);
  }
}

}  // namespace forkscope::history
