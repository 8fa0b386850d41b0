#include <optional>

#include "forkscope/telemetry/event_text.h"
#include "lessons/all_lessons.h"
#include "lessons/load_then_fire.h"
#include "words/faults.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 1'000;
constexpr std::uint64_t kAfterwardsNs = 1'000'000'000;

/// Load, and one request that takes its worker along.
class OneCrashes final : public Lesson {
 public:
  std::string title() const override { return "One crashes: what is lost?"; }

  std::string question(const picture::Snapshot&) const override {
    return "Load runs at " + words::grouped(static_cast<std::uint64_t>(kRate)) +
           " requests per second. One request makes its worker write to invalid memory: SIGSEGV. "
           "What do the clients lose?";
  }

  std::array<std::string, kChoices> choices(const picture::Snapshot&) const override {
    return {"All requests of the second in which it died", "What that worker had in hand, no more",
            "Nothing at all"};
  }

  Actions fire(const Situation& situation) override {
    over_ns_.reset();
    return start_.begin(situation);
  }

  bool watch(const Situation& situation, Actions& actions) override {
    if (start_.fire_when_warm(situation, actions)) failed_before_ = situation.load.failed;
    const auto incidents = start_.incidents(situation);
    if (!over_ns_ && !incidents.empty() && !incidents.front().open()) {
      over_ns_ = situation.time_ns();
    }
    return over_ns_ && situation.time_ns() - *over_ns_ >= kAfterwardsNs;
  }

  std::string progress(const Situation&) const override {
    if (!start_.fired()) return "The load begins.";
    return !over_ns_ ? "Sent." : "It is back already; counting what was lost.";
  }

  Answer answer(const Situation& situation) const override {
    const auto incidents = start_.incidents(situation);
    if (incidents.empty() || incidents.front().open()) {
      return {"No worker died and came back within a minute.", "", 2};
    }
    const history::Incident& crash = incidents.front();
    const std::uint64_t failed = situation.load.failed - failed_before_;
    const bool everything = static_cast<double>(failed) >= kRate / 2;
    return {"Worker " + std::to_string(crash.worker) + " died of " +
                telemetry::exit_text(crash.exit_cause, crash.exit_code) + " and was back after " +
                telemetry::duration_text(crash.back_ns - crash.exit_ns) +
                ". Lost: " + words::counted(crash.abandoned, "request") +
                " in its hand. Of the load's requests, " + words::grouped(failed) + " failed.",
            "Memory is not shared: what one process breaks is its own. Whoever was connected to it "
            "connects again, and another worker answers.",
            everything                          ? 0U
            : crash.abandoned > 0 || failed > 0 ? 1U
                                                : 2U};
  }

 private:
  LoadThenFire start_{kRate, words::kSegfault};
  std::optional<std::uint64_t> over_ns_;
  std::uint64_t failed_before_ = 0;
};

}  // namespace

std::unique_ptr<Lesson> one_crashes() { return std::make_unique<OneCrashes>(); }

}  // namespace forkscope::lessons
