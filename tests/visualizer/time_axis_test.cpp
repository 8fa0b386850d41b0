// Whether what is of one moment is to be seen above each other in all lanes.
#include <gtest/gtest.h>

#include <string_view>

#include "drawn_screen.h"
#include "views/mark.h"
#include "views/worker_row.h"

namespace forkscope::visualizer_test {
namespace {

using views::Rect;

/// Nobody looks at what is drawn.
class Nobody final : public views::DrawingObserver {
 public:
  void text(views::Type, ImVec2, ImU32, std::string_view, const Rect&) override {}
  void area(const Rect&, ImU32, const Rect&) override {}
  void outline(const Rect&, const Rect&) override {}
  void shape(ImVec2, float, const Rect&) override {}
};

TEST(TimeAxis, OfAllWorkersIsTheSame) {
  DrawnScreen screen;
  screen.fit({}, false);
  // HUNG, ABORT, draining, DEAD, starts, busy and others
  const Past& past = Past::of_trouble(96);
  Nobody nobody;
  for (const float width : {250.F, 372.F, 538.F, 758.F, 1'000.F}) {
    for (const float height : {24.F, 31.F, 40.F, 46.F, 66.F, 120.F}) {
      screen.draw_part(past, 3'500, nobody, [&](const auto& painter, const auto& view) {
        const words::Sentence story{{words::PhraseKind::state, "crashed: SIGSEGV"}};
        const words::Rates rates(view.calm.workers);
        const words::Reasons reasons(view.history, view.time_ns, view.now, view.incidents);
        Rect first;
        for (const auto& worker : view.now.workers) {
          const Rect lane = views::draw_worker_row(
              painter, {0, 0, width, height}, view, worker,
              {10, worker.number % 2 == 0 ? story : words::Sentence{}, reasons, {}, rates, "00"});
          if (first.h == 0) first = lane;
          EXPECT_EQ(lane.x, first.x) << words::word(views::steady_look(view, worker));
          EXPECT_EQ(lane.w, first.w) << words::word(views::steady_look(view, worker));
        }
      });
    }
  }
}

}  // namespace
}  // namespace forkscope::visualizer_test
