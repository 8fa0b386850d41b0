#include "views/workers.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "views/gaps.h"
#include "views/mark.h"
#include "views/moves.h"
#include "views/panels.h"
#include "views/plot.h"
#include "views/widgets.h"
#include "views/worker_row.h"
#include "views/worker_tiles.h"
#include "words/wording.h"

namespace forkscope::views {

namespace {

constexpr std::size_t kMostAlarmRows = 4;
constexpr float kAlarmRow = 46;
constexpr float kColumnRowLeast = 22;  // lower rows would run into each other: tiles instead
constexpr std::uint64_t kStoryNs = 30'000'000'000;  // how long a row tells what happened

/// The scale of all lanes, in requests per bin: the highest rate that any of them held for half a
/// second, rounded up so that it stays put.
float lane_top(const View& view) {
  constexpr std::size_t kHeldBins = 5;
  float most = 0;
  std::array<history::WorkerBin, kShownBins> bins;
  for (const auto& worker : view.now.workers) {
    view.history.worker_bins(worker.number, view.time_ns, bins);
    float sum = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      sum += bins[i].requests;
      if (i >= kHeldBins) sum -= bins[i - kHeldBins].requests;
      most = std::max(most, sum / kHeldBins);
    }
  }
  return round_top(most);
}

/// What has happened to each worker lately, by number: a row is short.
std::vector<words::Sentence> stories_of(const View& view) {
  std::vector<words::Sentence> stories;
  for (const history::Incident& incident : view.incidents) {
    if (incident.open() || incident.back_ns + kStoryNs < view.time_ns) continue;
    if (incident.worker >= stories.size()) stories.resize(incident.worker + 1);
    stories[incident.worker] = words::brief_receipt(incident, tone_of(view));
  }
  return stories;
}

struct Rows {
  const Painter& painter;
  const View& view;
  WorkerSpots& spots;
  float lane_top;
  std::vector<words::Sentence> stories;
  words::Reasons reasons;
  std::vector<Gap> gaps;
  words::Rates rates;

  void draw(const Rect& row, const telemetry::WorkerReport& worker, const char* kind) const {
    static const words::Sentence kNone;
    const Rect lane =
        draw_worker_row(painter, row, view, worker,
                        {lane_top, worker.number < stories.size() ? stories[worker.number] : kNone,
                         reasons, gaps, rates});
    add_spot(spots, worker.number, {row, lane});
    const std::string id = kind + std::to_string(worker.number);
    if (press_area(id.c_str(), row).clicked) {
      view.commands.push_back({CommandKind::select, worker.number});
    }
  }
};

/// How much a worker wants attention; 0 = not at all.
int severity(words::Look look) {
  if (is_hung(look)) return 3;
  if (is_dead(look)) return 2;
  return look == words::Look::slow ? 1 : 0;
}

/// The few workers that are worst off, in the order of their numbers.
std::vector<const telemetry::WorkerReport*> worst_of(const View& view) {
  std::vector<std::pair<int, const telemetry::WorkerReport*>> unwell;
  for (const auto& worker : view.now.workers) {
    if (const int level = severity(steady_look(view, worker))) unwell.push_back({level, &worker});
  }
  std::stable_sort(unwell.begin(), unwell.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  if (unwell.size() > kMostAlarmRows) unwell.resize(kMostAlarmRows);
  std::vector<const telemetry::WorkerReport*> worst;
  worst.reserve(unwell.size());
  for (const auto& [level, worker] : unwell) worst.push_back(worker);
  std::sort(worst.begin(), worst.end(),
            [](const auto* left, const auto* right) { return left->number < right->number; });
  return worst;
}

/// "3 HUNG  240 busy  13 idle", each with its shape, ending at `right`.
void draw_census(const Painter& painter, float right, float middle, const View& view) {
  const Palette& colors = painter.colors();
  std::map<words::Look, std::size_t> counts;
  for (const auto& worker : view.now.workers) ++counts[steady_look(view, worker)];
  for (const auto& [look, count] : counts) {  // from the right: the healthy first
    const std::string text = std::to_string(count) + " " + std::string(words::word(look));
    right = painter.text_right(is_alarm(look) ? Type::small_bold : Type::small, right, middle,
                               colors.text, text);
    const Mark mark = mark_of(look, colors);
    draw_mark(painter, mark, {right - painter.px(15), middle}, painter.px(7), colors.dead_edge);
    right -= painter.px(44);
  }
}

/// Two columns, read downwards.
void draw_columns(const Rows& rows, const Rect& rect) {
  const auto& workers = rows.view.now.workers;
  const std::size_t per_column = (workers.size() + 1) / 2;
  const float gap = rows.painter.px(14);
  const float width = (rect.w - gap) / 2;
  const float height = std::min(rect.h / static_cast<float>(per_column), rows.painter.px(44));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const std::size_t column = i / per_column;
    const std::size_t row = i % per_column;
    rows.draw({rect.x + (width + gap) * static_cast<float>(column),
               rect.y + height * static_cast<float>(row), width, height - rows.painter.px(2)},
              workers[i], "cell");
  }
}

/// All of them. Returns where each is.
WorkerSpots draw_all(const Painter& painter, const Rect& rect, Rect inside, const View& view) {
  const auto& workers = view.now.workers;
  std::array<history::TimeBin, kShownBins> bins;
  view.history.timeline(view.time_ns, bins);
  WorkerSpots spots;
  const Rows rows{painter,
                  view,
                  spots,
                  lane_top(view),
                  stories_of(view),
                  words::Reasons(view.history, view.time_ns, view.now, view.incidents),
                  find_gaps(bins),
                  words::Rates(view.calm.workers)};
  if (workers.size() <= kMostFullRows) {
    const float gap = painter.px(3);
    const auto count = static_cast<float>(workers.size());
    const float height = std::min((inside.h - gap * (count - 1)) / count, painter.px(150));
    for (const auto& worker : workers) rows.draw(inside.cut_top(height, gap), worker, "row");
    return spots;
  }
  draw_census(painter, rect.right() - painter.px(16), rect.y + painter.px(20), view);
  // The unhealthy never shrink: the worst have full rows above the others. Where there is the whole
  // width, two of them stand beside each other.
  const auto worst = worst_of(view);
  const bool tiles = workers.size() > kMostInColumns;
  const std::size_t beside = tiles && worst.size() > 2 ? 2 : 1;
  const float width = inside.w / static_cast<float>(beside);
  for (std::size_t i = 0; i < worst.size(); i += beside) {
    Rect row = inside.cut_top(painter.px(kAlarmRow), painter.px(4));
    for (std::size_t j = i; j < std::min(i + beside, worst.size()); ++j) {
      rows.draw(row.cut_left(width - painter.px(4), painter.px(4)), *worst[j], "worst");
    }
  }
  const std::size_t per_column = (workers.size() + 1) / 2;
  const float needed = static_cast<float>(per_column) * painter.px(kColumnRowLeast);
  if (tiles || inside.h < needed) {
    draw_worker_tiles(painter, inside, view, spots);
  } else {
    draw_columns(rows, inside);
  }
  return spots;
}

}  // namespace

void draw_workers(const Painter& painter, const Rect& rect, const View& view) {
  const auto& workers = view.now.workers;
  const bool many = workers.size() > kMostFullRows;
  const Rect inside = painter.panel(rect, "WORKERS", many ? "" : "requests of the last 30 s");
  if (workers.empty()) return;
  draw_moves(painter, rect, view, draw_all(painter, rect, inside, view));
}

}  // namespace forkscope::views
