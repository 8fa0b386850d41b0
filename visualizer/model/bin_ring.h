// A value for each 100 ms of the last ten minutes.
//
// Bins are named by their number: time / kBinNs of CLOCK_MONOTONIC. The ring reaches back from the
// newest bin that was ever written; what was never written is T{}. Memory is taken by the first
// write. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace forkscope::model {

inline constexpr std::uint64_t kBinNs = 100'000'000;
inline constexpr std::size_t kHistoryBins = 6000;  // ten minutes

constexpr std::uint64_t bin_of(std::uint64_t time_ns) { return time_ns / kBinNs; }

template <typename T>
class BinRing {
 public:
  /// The bin to write to; nothing when it is older than the ring reaches.
  T* write(std::uint64_t bin) {
    if (values_.empty()) {
      values_.resize(kHistoryBins);
      newest_ = bin;
    }
    if (bin + kHistoryBins <= newest_) return nullptr;
    const std::uint64_t skipped = bin > newest_ ? bin - newest_ : 0;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(skipped, kHistoryBins); ++i) {
      values_[(bin - i) % kHistoryBins] = T{};
    }
    newest_ = std::max(newest_, bin);
    return &values_[bin % kHistoryBins];
  }

  /// The bin's value, or nothing when it is outside of what the ring holds.
  const T* read(std::uint64_t bin) const {
    if (values_.empty() || bin > newest_ || bin + kHistoryBins <= newest_) return nullptr;
    return &values_[bin % kHistoryBins];
  }

  /// `count` bins, the last of which is the one that ends at or before `time_ns`; oldest first.
  std::vector<T> until(std::uint64_t time_ns, std::size_t count) const {
    std::vector<T> result(count);
    const std::uint64_t end = bin_of(time_ns);  // the first bin that is not over yet
    for (std::size_t i = 0; i < std::min<std::uint64_t>(count, end); ++i) {
      if (const T* value = read(end - 1 - i)) result[count - 1 - i] = *value;
    }
    return result;
  }

 private:
  std::vector<T> values_;
  std::uint64_t newest_ = 0;
};

}  // namespace forkscope::model
