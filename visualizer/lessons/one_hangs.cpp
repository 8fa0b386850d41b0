#include "lessons/all_lessons.h"
#include "lessons/both_ways.h"
#include "words/faults.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 500;

/// One request that never returns.
class OneHangs final : public Lesson {
 public:
  std::string title() const override { return "One hangs: who notices?"; }

  std::string question(const picture::Snapshot& now) const override {
    return BothWays::question(
        now, "Somebody else's request hangs its worker: it spins until it is killed.");
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
      return {"The hang was not over within a minute.", "This server may never kill."};
    }
    return {both_ways_.measured(), both_ways_.because(), both_ways_.right()};
  }

 private:
  BothWays both_ways_{{kRate, words::kHangPath, history::IncidentKind::hang}};
};

}  // namespace

std::unique_ptr<Lesson> one_hangs() { return std::make_unique<OneHangs>(); }

}  // namespace forkscope::lessons
