#include "forkscope/telemetry/event_text.h"
#include "lessons/all_lessons.h"
#include "lessons/both_ways.h"
#include "words/faults.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 1'000;

/// One request that takes its worker along.
class OneCrashes final : public Lesson {
 public:
  std::string title() const override { return "One crashes: what is lost?"; }

  std::string question(const picture::Snapshot& now) const override {
    return BothWays::question(now, "Somebody else's request crashes its worker: SIGSEGV.");
  }

  Choices choices(const picture::Snapshot& now) const override { return BothWays::choices(now); }

  Actions fire(const Situation& situation) override { return both_ways_.begin(situation); }
  bool watch(const Situation& situation, Actions& actions) override {
    return both_ways_.watch(situation, actions);
  }
  Actions put_back(const Situation& situation) override { return both_ways_.put_back(situation); }

  std::string progress(const Situation& situation) const override {
    return both_ways_.progress(situation);
  }

  Answer answer(const Situation&) const override {
    if (both_ways_.rounds().empty()) {
      return {"No worker died and came back within a minute.", ""};
    }
    const history::Incident& crash = both_ways_.rounds().front().incident;
    return {"Worker " + std::to_string(crash.worker) + " was back after " +
                telemetry::duration_text(absence_ns(crash)) + ". " + both_ways_.measured(),
            "Memory is not shared. " + both_ways_.because(), both_ways_.right()};
  }

 private:
  BothWays both_ways_{{kRate, words::kSegfault, history::IncidentKind::crash}};
};

}  // namespace

std::unique_ptr<Lesson> one_crashes() { return std::make_unique<OneCrashes>(); }

}  // namespace forkscope::lessons
