#include "words/fairness.h"

#include "words/format.h"

namespace forkscope::words {

namespace {

constexpr double kEnoughPerWorker = 20;  // requests; with fewer, a share says little
constexpr double kFair = 0.95;
constexpr double kRoughlyFair = 0.85;

}  // namespace

std::uint64_t share_window_ns(double requests_per_second) {
  constexpr std::uint64_t kLongNs = 10'000'000'000;
  return requests_per_second < kFewRequests ? kLongNs : history::kRateNs;
}

std::vector<std::string> fairness_texts(const history::Evenness& evenness) {
  if (evenness.workers < 2) return {};
  const std::string all = std::to_string(evenness.workers);
  if (evenness.compared < 2 && evenness.compared + evenness.newcomers > 1) {
    return {"too new to be compared"};
  }
  if (evenness.compared == 0) return {"none of " + all + " could serve"};
  if (evenness.compared == 1) return {"only 1 of " + all + " could serve"};
  if (evenness.requests < kEnoughPerWorker * static_cast<double>(evenness.compared)) return {};
  const std::string figure = ": " + hundredths(evenness.index);
  const std::string verdict = evenness.index >= kFair          ? "fair"
                              : evenness.index >= kRoughlyFair ? "roughly fair"
                                                               : "not fair";
  const std::string even = figure + " (1 = even)";
  if (evenness.compared == evenness.workers) return {verdict + even, verdict + figure};
  const std::string some = std::to_string(evenness.compared);
  const std::string among =
      verdict + (evenness.left_out.size() == 1
                     ? " without worker " + std::to_string(evenness.left_out.front())
                     : " among the " + some + " that could serve");
  const std::string of_all = some + " of " + all + figure;
  return {among + even, among + figure, verdict + " among " + of_all, verdict + ", " + of_all,
          "among " + of_all};
}

}  // namespace forkscope::words
