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
constexpr float kAlarmRowGap = 4;
constexpr float kRowGap = 3;
constexpr float kFullRowLeast = 21;    // lower rows would run into each other: two columns
constexpr float kColumnRowLeast = 22;  // likewise: tiles instead
constexpr float kColumnLeast = 340;    // narrower ones have no room for lanes: tiles instead
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
                         reasons, gaps, rates, view.now.workers.back().number > 99 ? "000" : "00"});
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

/// Those workers that are worst off, in the order of their numbers; no more than `most`.
std::vector<const telemetry::WorkerReport*> worst_of(const View& view, std::size_t most) {
  std::vector<std::pair<int, const telemetry::WorkerReport*>> unwell;
  for (const auto& worker : view.now.workers) {
    if (const int level = severity(steady_look(view, worker))) unwell.push_back({level, &worker});
  }
  std::stable_sort(unwell.begin(), unwell.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  if (unwell.size() > most) unwell.resize(most);
  std::vector<const telemetry::WorkerReport*> worst;
  worst.reserve(unwell.size());
  for (const auto& [level, worker] : unwell) worst.push_back(worker);
  std::sort(worst.begin(), worst.end(),
            [](const auto* left, const auto* right) { return left->number < right->number; });
  return worst;
}

/// "3 HUNG  240 busy  13 idle", each with its shape, ending at the right of `line`. Where there is
/// too little room for all of them, the healthy go first.
void draw_census(const Painter& painter, const Rect& line, const View& view) {
  const Palette& colors = painter.colors();
  std::map<words::Look, std::size_t> counts;  // the healthy first
  for (const auto& worker : view.now.workers) ++counts[steady_look(view, worker)];
  struct Entry {
    words::Look look;
    std::string text;
    float width;  // with its shape
  };
  std::vector<Entry> entries;
  float left = line.right();
  for (auto count = counts.rbegin(); count != counts.rend(); ++count) {
    const auto& [look, workers] = *count;
    const Type type = is_alarm(look) ? Type::small_bold : Type::small;
    std::string text = std::to_string(workers) + " " + std::string(words::word(look));
    const float width = painter.width(type, text) + painter.px(44);
    if (left - width < line.x) break;
    left -= width;
    entries.push_back({look, std::move(text), width});
  }
  for (const Entry& entry : entries) {
    const Type type = is_alarm(entry.look) ? Type::small_bold : Type::small;
    const Mark mark = mark_of(entry.look, colors);
    draw_mark(painter, mark, {left + painter.px(29), line.middle()}, painter.px(7),
              colors.dead_edge);
    painter.text(type, left + painter.px(44), line.middle(), colors.text, entry.text);
    left += entry.width;
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

/// A row for each of them, where that is high enough.
bool has_full_rows(const Painter& painter, const Rect& inside, std::size_t workers) {
  const auto count = static_cast<float>(workers);
  const float needed = count * painter.px(kFullRowLeast) + (count - 1) * painter.px(kRowGap);
  return workers <= kMostFullRows && inside.h >= needed;
}

/// The unhealthy never shrink: the worst have full rows above the others, as long as those are left
/// their place. Where there is the whole width, two of them stand beside each other. Takes their
/// place off `inside`.
void draw_worst(const Rows& rows, Rect& inside) {
  const Painter& painter = rows.painter;
  const std::size_t workers = rows.view.now.workers.size();
  const bool pairs = workers > kMostInColumns && inside.w / 2 >= painter.px(kColumnLeast);
  const float numbered = least_tiles_height(painter, inside.w, workers);
  // Where there is no room for everybody's number, at least those that are unwell have theirs.
  const float others = numbered <= inside.h ? numbered : std::min(numbered / 3, inside.h / 2);
  const float room = (inside.h - others) / painter.px(kAlarmRow + kAlarmRowGap);
  const std::size_t most_rows = std::min(static_cast<std::size_t>(room), kMostAlarmRows);
  const auto worst =
      worst_of(rows.view, std::min(pairs ? 2 * most_rows : most_rows, kMostAlarmRows));
  const std::size_t beside = worst.size() > most_rows || (pairs && worst.size() > 2) ? 2 : 1;
  const float width = inside.w / static_cast<float>(beside);
  for (std::size_t i = 0; i < worst.size(); i += beside) {
    Rect row = inside.cut_top(painter.px(kAlarmRow), painter.px(kAlarmRowGap));
    for (std::size_t j = i; j < std::min(i + beside, worst.size()); ++j) {
      rows.draw(row.cut_left(width - painter.px(4), painter.px(4)), *worst[j], "worst");
    }
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
  if (has_full_rows(painter, inside, workers.size())) {
    const float gap = painter.px(kRowGap);
    const auto count = static_cast<float>(workers.size());
    const float height = std::min((inside.h - gap * (count - 1)) / count, painter.px(150));
    for (const auto& worker : workers) rows.draw(inside.cut_top(height, gap), worker, "row");
    return spots;
  }
  Rect head{rect.x, rect.y + painter.px(6), rect.w - painter.px(16), painter.px(28)};
  head.cut_left(painter.px(14) + painter.width(Type::small_bold, "WORKERS"));
  draw_census(painter, head, view);
  if (workers.size() > kMostFullRows) draw_worst(rows, inside);
  const std::size_t per_column = (workers.size() + 1) / 2;
  const float needed = static_cast<float>(per_column) * painter.px(kColumnRowLeast);
  const bool columns = workers.size() <= kMostInColumns && inside.h >= needed &&
                       inside.w / 2 >= painter.px(kColumnLeast);
  if (columns) {
    draw_columns(rows, inside);
  } else {
    draw_worker_tiles(painter, inside, view, spots);
  }
  return spots;
}

}  // namespace

void draw_workers(const Painter& painter, const Rect& rect, const View& view) {
  const auto& workers = view.now.workers;
  const bool rows = has_full_rows(painter, painter.panel_inside(rect), workers.size());
  const Rect inside = painter.panel(rect, "WORKERS", rows ? "requests of the last 30 s" : "");
  if (workers.empty()) return;
  draw_moves(painter, rect, view, draw_all(painter, rect, inside, view));
}

}  // namespace forkscope::views
