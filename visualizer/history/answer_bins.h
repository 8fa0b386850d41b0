// Who answered, of the last ten minutes: the newest answers of each 100 ms.
//
// Owned by History, which feeds it frame by frame. Main thread only. Memory is bounded whatever the
// load: of each bin, kAnswersPerFrame answers are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "history/bin_ring.h"
#include "picture/frame.h"

namespace forkscope::history {

class AnswerBins {
 public:
  explicit AnswerBins(std::size_t bins) : bin_count_(bins), bins_(bins) {}

  /// Answers of a frame of `time_ns`. Frames ascend.
  void add(std::span<const picture::Answer> answers, std::uint64_t time_ns);

  // `pending`: answers that are not part of a frame yet, and younger than those that are.

  /// The latest ones that ended at or before `time_ns`, newest first, at most `count`.
  std::vector<picture::Answer> latest(std::uint64_t time_ns, std::size_t count,
                                      std::span<const picture::Answer> pending) const;
  /// Those that ended in (from, to], oldest first.
  std::vector<picture::Answer> between(std::uint64_t from_ns, std::uint64_t to_ns,
                                       std::span<const picture::Answer> pending) const;

 private:
  /// A ring once it is full.
  struct Bin {
    std::uint32_t seen = 0;
    std::vector<picture::Answer> kept;
  };

  template <typename Take>
  void each_bin(std::uint64_t from_ns, std::uint64_t to_ns,
                std::span<const picture::Answer> pending, Take take) const;

  std::size_t bin_count_;
  std::uint64_t newest_ns_ = 0;  // of the frames that were added
  BinRing<Bin> bins_;
};

}  // namespace forkscope::history
