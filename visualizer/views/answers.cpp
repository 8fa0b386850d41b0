#include "views/answers.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "model/format.h"
#include "model/wording.h"

namespace forkscope::views {

namespace {

constexpr std::uint64_t kShareWindowNs = 10'000'000'000;

/// A bar per worker, as high as its share of the last ten seconds' requests.
void draw_share(const Painter& painter, Rect rect, const View& view) {
  const Palette& colors = painter.colors();
  const auto by_number = view.history.share(view.calm_time_ns, kShareWindowNs);
  std::vector<double> share;  // of the workers that there are
  for (const auto& worker : view.now.workers) {
    share.push_back(worker.number <= by_number.size() ? by_number[worker.number - 1] : 0);
  }
  if (share.empty()) return;

  const Rect head = rect.cut_top(painter.px(26), painter.px(4));
  painter.text(Type::small, head.x, head.middle(), colors.text, "share per worker, 10 s");
  char fairness[32];
  std::snprintf(fairness, sizeof fairness, "fairness %.2f", model::fairness(share));
  painter.text_right(Type::small_bold, head.right(), head.middle(), colors.text, fairness);

  const auto count = static_cast<float>(share.size());
  const float step = rect.w / count;
  const bool numbered = step >= painter.width(Type::small, "00") + painter.px(2);
  const Rect numbers = numbered ? rect.cut_bottom(painter.px(24)) : Rect{};
  const double most = std::max(1.0, *std::max_element(share.begin(), share.end()));
  const float bar = std::min(step - painter.px(step > painter.px(8) ? 4 : 1), painter.px(76));
  for (std::size_t i = 0; i < share.size(); ++i) {
    const float x = rect.x + step * static_cast<float>(i) + (step - bar) / 2;
    painter.fill({x, rect.y, bar, rect.h}, faded(colors.line, 0.45F), painter.px(2));
    const auto height = static_cast<float>(share[i] / most) * rect.h;
    if (height >= 1) {
      painter.fill({x, rect.bottom() - height, bar, height}, colors.busy, painter.px(2));
    }
    if (numbered) {
      painter.text_centered(Type::small_bold, {x, numbers.y, bar, numbers.h}, colors.text,
                            std::to_string(view.now.workers[i].number));
    }
  }
}

void draw_answer(const Painter& painter, const Rect& line, const model::Answer& answer) {
  const Palette& colors = painter.colors();
  const float middle = line.middle();
  // From the right: how long, who, what came out; the request takes what is left.
  const float durations = line.right() - painter.width(Type::small, "000 ms");
  painter.text_right(Type::small, line.right(), middle, colors.muted,
                     telemetry::duration_text(answer.duration_ns));
  const float who =
      durations - painter.px(14) -
      painter.width(Type::small_bold, answer.worker > 99 ? "worker 000" : "worker 00");
  painter.text(Type::small_bold, who, middle, colors.text,
               "worker " + std::to_string(answer.worker));
  const float status = who - painter.px(16) - painter.width(Type::small_bold, "000");
  const bool failed = answer.status >= 500;
  if (failed) {
    painter.fill({status - painter.px(4), line.y + painter.px(1),
                  painter.width(Type::small_bold, "000") + painter.px(8), line.h - painter.px(2)},
                 colors.hung, painter.px(3));
  }
  painter.text(Type::small, status, middle, failed ? colors.on_alarm : colors.muted,
               std::to_string(answer.status));
  const std::string request =
      std::string(telemetry::to_string(answer.method)) + " " + answer.path_tail;
  painter.text_elided(Type::small, line.x, middle, status - painter.px(10) - line.x, colors.text,
                      request);
}

}  // namespace

void draw_answers(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const std::uint64_t unseen = view.calm.totals.lost_records;
  Rect inside = painter.panel(rect, "WHO ANSWERED",
                              unseen ? model::grouped(unseen) + " not seen" : std::string());
  draw_share(painter, inside.cut_top(painter.px(142), painter.px(12)), view);
  const float row = painter.px(25);
  const auto rows = static_cast<std::size_t>(std::max(0.F, inside.h / row));
  const auto answers = view.history.answers(view.calm_time_ns, rows);
  if (answers.empty() && rows > 0) {
    painter.text(Type::small, inside.x, inside.y + row / 2, colors.muted, "No request yet.");
  }
  for (const auto& answer : answers) draw_answer(painter, inside.cut_top(row), answer);
}

}  // namespace forkscope::views
