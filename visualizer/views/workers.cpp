#include "views/workers.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "views/mark.h"
#include "views/plot.h"
#include "views/widgets.h"
#include "views/worker_row.h"

namespace forkscope::views {

namespace {

constexpr float kFullRowLeast = 34;
constexpr std::size_t kFullRows = 16;
constexpr std::size_t kMostAlarmRows = 4;
constexpr std::size_t kMostInColumns = 48;

/// The scale of all lanes, in requests per bin: the highest rate that any of them held for half a
/// second, rounded up so that it stays put.
float lane_top(const View& view) {
  constexpr std::size_t kHeldBins = 5;
  float most = 0;
  for (const auto& worker : view.now.workers) {
    const auto bins = view.history.worker_bins(worker.number, view.time_ns, kShownBins);
    float sum = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      sum += bins[i].requests;
      if (i >= kHeldBins) sum -= bins[i - kHeldBins].requests;
      most = std::max(most, sum / kHeldBins);
    }
  }
  return round_top(most);
}

/// `kind` tells the places of one worker apart: one in trouble has a row and a cell.
void click_to_select(const View& view, const Rect& rect, const char* kind, std::uint32_t number) {
  const std::string id = kind + std::to_string(number);
  if (press_area(id.c_str(), rect).clicked) {
    view.commands.push_back({CommandKind::select, number});
  }
}

void draw_row(const Painter& painter, const Rect& row, const View& view, float top,
              const telemetry::WorkerReport& worker) {
  draw_worker_row(painter, row, view, worker, top);
  click_to_select(view, row, "row", worker.number);
}

/// Too many for full rows: those in trouble keep theirs, the others get a cell of a grid, column by
/// column in the order of their numbers.
void draw_many(const Painter& painter, Rect rect, const View& view, float top) {
  const auto& workers = view.now.workers;
  std::size_t alarms = 0;
  for (const auto& worker : workers) {
    if (alarms < kMostAlarmRows && is_alarm(steady_look(view, worker))) {
      draw_row(painter, rect.cut_top(painter.px(44), painter.px(4)), view, top, worker);
      ++alarms;
    }
  }
  const bool tiles = workers.size() > kMostInColumns;
  const auto columns = static_cast<std::size_t>(
      tiles ? std::max(3.F, std::floor(rect.w / painter.px(workers.size() > 128 ? 62 : 104))) : 2);
  const std::size_t rows = (workers.size() + columns - 1) / columns;
  const float width = rect.w / static_cast<float>(columns);
  const float height = std::min(rect.h / static_cast<float>(rows), painter.px(tiles ? 60 : 44));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    // Two columns are read downwards, tiles like text.
    const std::size_t column = tiles ? i % columns : i / rows;
    const std::size_t row = tiles ? i / columns : i % rows;
    const Rect cell{rect.x + width * static_cast<float>(column),
                    rect.y + height * static_cast<float>(row), width, height};
    if (tiles) {
      draw_worker_tile(painter, cell.inset(painter.px(2)), view, workers[i]);
    } else {
      draw_worker_row(painter, cell.inset(painter.px(4), 0), view, workers[i], top);
    }
    click_to_select(view, cell, "cell", workers[i].number);
  }
}

}  // namespace

void draw_workers(const Painter& painter, const Rect& rect, const View& view) {
  const auto& workers = view.now.workers;
  Rect inside = painter.panel(rect, "WORKERS", "requests, last 30 s");
  if (workers.empty()) return;
  const float top = lane_top(view);
  const float gap = painter.px(3);
  const auto count = static_cast<float>(workers.size());
  const float height = (inside.h - gap * (count - 1)) / count;
  if (workers.size() > kFullRows || height < painter.px(kFullRowLeast) * 0.8F) {
    draw_many(painter, inside, view, top);
    return;
  }
  for (const auto& worker : workers) {
    draw_row(painter, inside.cut_top(height, gap), view, top, worker);
  }
}

}  // namespace forkscope::views
