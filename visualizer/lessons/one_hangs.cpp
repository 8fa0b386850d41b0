#include "lessons/all_lessons.h"
#include "lessons/both_ways.h"
#include "words/faults.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 500;

/// One request that never returns.
class OneHangs final : public BothWaysLesson {
 public:
  OneHangs() : BothWaysLesson({kRate, words::kHangPath, history::IncidentKind::hang}) {}

  std::string title() const override { return "One hangs: who notices?"; }

  std::string question(const picture::Snapshot& now) const override {
    return BothWays::question(
        now, "Somebody else's request hangs its worker: it spins until it is killed.");
  }

  Answer answer(const Situation&) const override {
    if (!both_ways().has_seen()) return {"No worker hung within a minute.", ""};
    if (both_ways().rounds().empty()) {
      return {"The hang was not over within a minute.", "This server may never kill."};
    }
    return {both_ways().measured(), both_ways().because(), both_ways().right()};
  }
};

}  // namespace

std::unique_ptr<Lesson> one_hangs() { return std::make_unique<OneHangs>(); }

}  // namespace forkscope::lessons
