#include "views/answers.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "views/fan.h"
#include "words/fairness.h"
#include "words/rates.h"
#include "words/untold.h"

namespace forkscope::views {

namespace {

constexpr float kFanMost = 250;
constexpr float kRow = 25;

/// Requests of each worker in that while, in the order of view.now.workers.
std::vector<double> shares_of(const View& view, std::uint64_t window_ns) {
  const auto by_number = view.history.share(view.calm_time_ns, window_ns);
  std::vector<double> shares;
  for (const auto& worker : view.now.workers) {
    shares.push_back(worker.number <= by_number.size() ? by_number[worker.number - 1] : 0);
  }
  return shares;
}

/// "fair: 0.97 (1 = even)", in the head of the panel, as much of it as has room.
void draw_fairness(const Painter& painter, const Rect& head, const View& view,
                   std::uint64_t window_ns) {
  const auto texts = words::fairness_texts(view.history.evenness(view.calm_time_ns, window_ns));
  const float room = head.w - painter.width(Type::small_bold, "WHO ANSWERED") - painter.px(16);
  const auto fits = [&](const std::string& text) {
    return painter.width(Type::body_bold, text) <= room;
  };
  const auto text = std::find_if(texts.begin(), texts.end(), fits);
  if (text == texts.end()) return;
  painter.text_right(Type::body_bold, head.right(), head.middle(), painter.colors().text, *text);
}

void draw_answer(const Painter& painter, const Rect& line, const picture::Answer& answer) {
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
  Rect inside = painter.panel(rect, "WHO ANSWERED");
  const words::Rates rates(view.calm.workers);
  const std::uint64_t window_ns = words::share_window_ns(rates.whole());
  const float pad = painter.px(14);
  draw_fairness(painter, {rect.x + pad, rect.y + painter.px(6), rect.w - 2 * pad, painter.px(28)},
                view, window_ns);

  const float row = painter.px(kRow);
  // At least two answers below the fan, more where there is room.
  const float fan =
      std::clamp(inside.h * 0.66F, std::min(inside.h, painter.px(120)), painter.px(kFanMost));
  draw_fan(painter, inside.cut_top(fan, painter.px(10)), view,
           {shares_of(view, window_ns), window_ns, rates});
  const auto rows = static_cast<std::size_t>(std::max(0.F, inside.h / row));
  if (rows == 0) return;
  const auto answers = view.history.answers(view.calm_time_ns, rows);
  if (answers.empty()) {
    const Rect line = inside.cut_top(row);
    painter.text(Type::small, line.x, line.middle(), colors.muted,
                 words::tells_requests(view.now) ? "No request yet." : words::kTellsNoRequests);
  }
  // Only the newest of many requests are listed; those that were never read are at least counted.
  std::array<history::TimeBin, 10> second;
  view.history.timeline(view.calm_time_ns, second);
  const auto lost = std::accumulate(
      second.begin(), second.end(), std::uint64_t{0},
      [](std::uint64_t sum, const history::TimeBin& bin) { return sum + bin.answers_lost; });
  if (lost > 0) {
    const Rect line = inside.cut_bottom(row);
    painter.hatch({line.x, line.y + painter.px(3), painter.px(40), line.h - painter.px(6)},
                  faded(colors.muted, 0.6F));
    painter.text_elided(Type::small, line.x + painter.px(50), line.middle(),
                        line.w - painter.px(50), colors.muted,
                        "the newest of " + rates.whole_text() + " in that second, not all seen");
  }
  for (const auto& answer : answers) {
    if (inside.h < row) break;
    draw_answer(painter, inside.cut_top(row), answer);
  }
}

}  // namespace forkscope::views
