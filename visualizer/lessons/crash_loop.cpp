#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "lessons/all_lessons.h"
#include "words/faults.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr std::size_t kCrashes = 6;
constexpr std::size_t kMostCrashes = 2 * kCrashes;  // of all workers together
constexpr double kRate = 200;
constexpr std::uint64_t kResendNs = 1'000'000'000;
constexpr std::uint64_t kPauseNs = 50'000'000;  // a successor that waits this long was held back

/// The same crash again and again, each as soon as all workers serve.
class CrashLoop final : public Lesson {
 public:
  std::string title() const override { return "A crash loop"; }

  std::string question(const picture::Snapshot&) const override {
    return "A bug makes a worker crash at every request of one kind. It comes back and crashes "
           "again, " +
           std::to_string(kCrashes) + " times. What does the primary do?";
  }

  Choices choices(const picture::Snapshot&) const override {
    return {"Fork again at once, every time", "Fork again, with growing pauses",
            "Give up on that worker"};
  }

  Actions fire(const Situation& situation) override {
    began_ns_ = situation.time_ns();
    sent_ = 0;
    sent_ns_.reset();
    return {start_load(kRate)};
  }

  bool watch(const Situation& situation, Actions& actions) override {
    const std::vector<history::Incident> crashes = incidents_since(situation, began_ns_);
    const bool all_back =
        std::none_of(crashes.begin(), crashes.end(),
                     [](const history::Incident& crash) { return crash.open(); }) &&
        count_serving(situation.now) == count_workers(situation.now);
    if (!all_back) return false;
    if (in_one_slot(crashes).size() >= kCrashes || crashes.size() >= kMostCrashes) return true;
    const bool seen = crashes.size() >= sent_;
    if (seen || !sent_ns_ || situation.time_ns() - *sent_ns_ >= kResendNs) {
      sent_ = crashes.size() + 1;
      sent_ns_ = situation.time_ns();
      actions.push_back({ActionKind::request, words::kSegfault});
    }
    return false;
  }

  std::string progress(const Situation& situation) const override {
    const std::size_t crashes = in_one_slot(incidents_since(situation, began_ns_)).size();
    return std::to_string(crashes) + " of " + std::to_string(kCrashes) + " crashes so far.";
  }

  Answer answer(const Situation& situation) const override {
    const auto crashes = in_one_slot(incidents_since(situation, began_ns_));
    std::string times;
    std::uint64_t longest_ns = 0;
    for (const history::Incident& crash : crashes) {
      if (crash.open()) continue;
      const std::uint64_t pause_ns = absence_ns(crash);
      times += (times.empty() ? "" : ", ") + telemetry::duration_text(pause_ns);
      longest_ns = std::max(longest_ns, pause_ns);
    }
    if (crashes.empty()) return {"No crash was seen within a minute.", ""};
    if (times.empty()) return {"The worker did not come back within a minute.", "", 2};
    return {"Worker " + std::to_string(crashes.front().worker) + " was back after " + times + ".",
            "The first deaths may be bad luck: the successor comes at once. Then the pauses "
            "double, so that a crash loop cannot eat the machine while the others serve.",
            longest_ns >= kPauseNs ? 1U : 0U};
  }

 private:
  /// Those of the worker that has crashed most often: another one may have got a request, too, and
  /// each has pauses of its own.
  static std::vector<history::Incident> in_one_slot(std::vector<history::Incident> crashes) {
    if (crashes.empty()) return crashes;
    std::map<std::uint32_t, std::size_t> counts;
    for (const history::Incident& crash : crashes) ++counts[crash.worker];
    const auto most = std::max_element(
        counts.begin(), counts.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    std::erase_if(crashes,
                  [&](const history::Incident& crash) { return crash.worker != most->first; });
    return crashes;
  }

  std::uint64_t began_ns_ = 0;
  std::size_t sent_ = 0;
  std::optional<std::uint64_t> sent_ns_;
};

}  // namespace

std::unique_ptr<Lesson> crash_loop() { return std::make_unique<CrashLoop>(); }

}  // namespace forkscope::lessons
