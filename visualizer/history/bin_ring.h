// A value for each 100 ms of the last ten minutes, or of another span.
//
// Bins are named by their number: time / kBinNs of CLOCK_MONOTONIC. The ring reaches back from the
// newest bin that was ever written; what was never written is T{}. Memory is taken by the first
// write. Not thread-safe.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace forkscope::history {

inline constexpr std::uint64_t kBinNs = 100'000'000;
inline constexpr std::size_t kHistoryBins = 6000;  // ten minutes

constexpr std::uint64_t bin_of(std::uint64_t time_ns) { return time_ns / kBinNs; }

template <typename T>
class BinRing {
 public:
  /// At least one bin.
  explicit BinRing(std::size_t bins = kHistoryBins) : bins_(bins) { assert(bins > 0); }

  /// The bin to write to; nothing when it is older than the ring reaches.
  T* write(std::uint64_t bin) {
    if (values_.empty()) {
      values_.resize(bins_);
      newest_ = bin;
    }
    if (bin + bins_ <= newest_) return nullptr;
    const std::uint64_t skipped = bin > newest_ ? bin - newest_ : 0;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(skipped, bins_); ++i) {
      values_[(bin - i) % bins_] = T{};
    }
    newest_ = std::max(newest_, bin);
    return &values_[bin % bins_];
  }

  /// The bin's value, or nothing when it is outside of what the ring holds.
  const T* read(std::uint64_t bin) const {
    if (values_.empty() || bin > newest_ || bin + bins_ <= newest_) return nullptr;
    return &values_[bin % bins_];
  }

  /// As many bins as `out` has room for, oldest first; the last is the one that ends at or before
  /// `time_ns`. What was never written is T{}.
  void until(std::uint64_t time_ns, std::span<T> out) const {
    const std::uint64_t end = bin_of(time_ns);  // the first bin that is not over yet
    for (std::size_t i = 0; i < out.size(); ++i) {
      const T* value = i < end ? read(end - 1 - i) : nullptr;
      out[out.size() - 1 - i] = value != nullptr ? *value : T{};
    }
  }

 private:
  std::size_t bins_;
  std::vector<T> values_;
  std::uint64_t newest_ = 0;
};

}  // namespace forkscope::history
