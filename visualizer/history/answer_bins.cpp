#include "history/answer_bins.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace forkscope::history {

namespace {

bool younger(const picture::Answer& left, const picture::Answer& right) {
  return left.end_ns > right.end_ns;
}

}  // namespace

void AnswerBins::add(std::span<const picture::Answer> answers, std::uint64_t time_ns) {
  assert(time_ns >= newest_ns_);
  newest_ns_ = time_ns;
  for (const picture::Answer& answer : answers) {
    // A time in the future can only be a lie; it must not push the past out of the ring.
    Bin* bin = bins_.write(bin_of(std::min(answer.end_ns, time_ns)));
    if (bin == nullptr) continue;
    if (bin->kept.size() < picture::kAnswersPerFrame) {
      bin->kept.push_back(answer);
    } else {
      bin->kept[bin->seen % picture::kAnswersPerFrame] = answer;
    }
    ++bin->seen;
  }
}

/// Gives each bin's answers that ended in (from, to], newest first, from the newest bin to the
/// oldest, until `take` returns false.
template <typename Take>
void AnswerBins::each_bin(std::uint64_t from_ns, std::uint64_t to_ns,
                          std::span<const picture::Answer> pending, Take take) const {
  std::vector<picture::Answer> of_bin;
  const auto give = [&](std::span<const picture::Answer> kept) {
    of_bin.clear();
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(of_bin),
                 [&](const picture::Answer& answer) {
                   return answer.end_ns > from_ns && answer.end_ns <= to_ns;
                 });
    std::sort(of_bin.begin(), of_bin.end(), younger);
    return take(of_bin);
  };
  if (!give(pending)) return;
  const std::uint64_t newest = bin_of(std::min(to_ns, newest_ns_));
  const std::uint64_t oldest =
      std::max(bin_of(from_ns), newest - std::min<std::uint64_t>(newest, bin_count_));
  for (std::uint64_t number = newest + 1; number-- > oldest;) {
    const Bin* bin = bins_.read(number);
    if (bin != nullptr && !bin->kept.empty() && !give(bin->kept)) return;
  }
}

std::vector<picture::Answer> AnswerBins::latest(std::uint64_t time_ns, std::size_t count,
                                                std::span<const picture::Answer> pending) const {
  std::vector<picture::Answer> result;
  each_bin(0, time_ns, pending, [&](const std::vector<picture::Answer>& of_bin) {
    const std::size_t room = std::min(count - result.size(), of_bin.size());
    result.insert(result.end(), of_bin.begin(), of_bin.begin() + static_cast<std::ptrdiff_t>(room));
    return result.size() < count;
  });
  return result;
}

std::vector<picture::Answer> AnswerBins::between(std::uint64_t from_ns, std::uint64_t to_ns,
                                                 std::span<const picture::Answer> pending) const {
  std::vector<picture::Answer> result;
  each_bin(from_ns, to_ns, pending, [&](const std::vector<picture::Answer>& of_bin) {
    result.insert(result.end(), of_bin.begin(), of_bin.end());
    return true;
  });
  std::sort(result.begin(), result.end(),
            [](const picture::Answer& left, const picture::Answer& right) {
              return younger(right, left);
            });
  return result;
}

}  // namespace forkscope::history
