#include "forkscope/telemetry/event_text.h"
#include "lessons/all_lessons.h"
#include "lessons/both_ways.h"
#include "words/faults.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 1'000;

/// One request that takes its worker along.
class OneCrashes final : public BothWaysLesson {
 public:
  OneCrashes() : BothWaysLesson({kRate, words::kSegfault, history::IncidentKind::crash}) {}

  std::string title() const override { return "One crashes: what is lost?"; }

  std::string question(const picture::Snapshot& now) const override {
    return BothWays::question(
        now, "Somebody else's request has its worker touch memory that is not its own: SIGSEGV.");
  }

  Answer answer(const Situation&) const override {
    if (both_ways().rounds().empty()) {
      return {"No worker died and came back within a minute.", ""};
    }
    const history::Incident& crash = both_ways().rounds().front().incident;
    return {"Worker " + std::to_string(crash.worker) + " was back after " +
                telemetry::duration_text(absence_ns(crash)) + ". " + both_ways().measured(),
            "Memory is not shared. " + both_ways().because(), both_ways().right()};
  }
};

}  // namespace

std::unique_ptr<Lesson> one_crashes() { return std::make_unique<OneCrashes>(); }

}  // namespace forkscope::lessons
