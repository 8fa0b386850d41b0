#include "views/answers.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "views/fan.h"
#include "words/format.h"

namespace forkscope::views {

namespace {

constexpr std::uint64_t kShareWindowNs = 10'000'000'000;
constexpr double kEnoughPerWorker = 20;  // requests; with fewer, a share says little
constexpr double kFair = 0.9;
constexpr double kRoughlyFair = 0.7;
constexpr float kFanMost = 250;
constexpr float kRow = 25;

/// Requests of each worker in the last ten seconds, in the order of view.now.workers.
std::vector<double> shares_of(const View& view) {
  const auto by_number = view.history.share(view.calm_time_ns, kShareWindowNs);
  std::vector<double> shares;
  for (const auto& worker : view.now.workers) {
    shares.push_back(worker.number <= by_number.size() ? by_number[worker.number - 1] : 0);
  }
  return shares;
}

/// "fair: 0.97 (1 = even)", in the head of the panel.
void draw_fairness(const Painter& painter, const Rect& head, const View& view,
                   const std::vector<double>& shares) {
  const Palette& colors = painter.colors();
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (shares.size() < 2) return;
  if (sum < kEnoughPerWorker * static_cast<double>(shares.size())) {
    painter.text_right(Type::small, head.right(), head.middle(), colors.muted, "share of 10 s");
    return;
  }
  const double index = view.history.fairness(view.calm_time_ns, kShareWindowNs);
  char figure[16];
  std::snprintf(figure, sizeof figure, ": %.2f", index);
  const std::string verdict = std::string(index >= kFair          ? "fair"
                                          : index >= kRoughlyFair ? "roughly fair"
                                                                  : "not fair") +
                              figure;
  const std::string whole = verdict + " (1 = even)";
  const float room = head.w - painter.width(Type::small_bold, "WHO ANSWERED") - painter.px(16);
  const bool fits = painter.width(Type::body_bold, whole) <= room;
  painter.text_right(Type::body_bold, head.right(), head.middle(), colors.text,
                     fits ? whole : verdict);
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
  const auto shares = shares_of(view);
  const float pad = painter.px(14);
  draw_fairness(painter, {rect.x + pad, rect.y + painter.px(6), rect.w - 2 * pad, painter.px(28)},
                view, shares);

  const float row = painter.px(kRow);
  // At least two answers below the fan, more where there is room.
  const float fan =
      std::clamp(inside.h * 0.66F, std::min(inside.h, painter.px(120)), painter.px(kFanMost));
  draw_fan(painter, inside.cut_top(fan, painter.px(10)), view, shares);
  const auto rows = static_cast<std::size_t>(std::max(0.F, inside.h / row));
  if (rows == 0) return;
  const auto answers = view.history.answers(view.calm_time_ns, rows);
  if (answers.empty()) {
    const Rect line = inside.cut_top(row);
    painter.text(Type::small, line.x, line.middle(), colors.muted, "No request yet.");
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
                        words::grouped(lost) + " more in that second, not seen one by one");
  }
  for (const auto& answer : answers) {
    if (inside.h < row) break;
    draw_answer(painter, inside.cut_top(row), answer);
  }
}

}  // namespace forkscope::views
