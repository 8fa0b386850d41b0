#include "views/worker_tiles.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "views/mark.h"
#include "views/widgets.h"
#include "words/rates.h"

namespace forkscope::views {

using telemetry::WorkerReport;
using words::Look;

namespace {

constexpr float kTwoLines = 42;  // from this height on
constexpr float kTileMost = 76;
constexpr float kTileWidth = 61;    // what number and shape need
constexpr float kWideTile = 96;     // from this width on, larger type
constexpr float kTileLeast = 21;    // the height of a number and the bar below it
constexpr float kNumberLeast = 17;  // lower, a number would run into the next

/// A worker that serves says how much, any other how it is.
std::string state_text(const WorkerReport& worker, Look look, const words::Rates& rates) {
  const bool serves = look == Look::busy || look == Look::active || look == Look::idle;
  if (serves && rates.of(worker.number) > 0) return rates.text_of(worker.number) + "/s";
  return std::string(words::word(look));
}

void draw_tile(const Painter& painter, const Rect& rect, const View& view,
               const WorkerReport& worker, double most, const words::Rates& rates) {
  const Palette& colors = painter.colors();
  const Look look = steady_look(view, worker);
  const Mark mark = mark_of(look, colors);
  const bool alarm = is_alarm(look);
  painter.fill(rect, alarm ? mark.color : colors.raised, painter.px(4));
  const bool wide = rect.w >= painter.px(kWideTile) && rect.h >= painter.px(kTwoLines + 10);
  const bool two_lines = rect.h >= painter.px(kTwoLines);
  const double rate = rates.of(worker.number);
  if (!alarm && most > 0 && rate > 0) {  // its rate as a bar along the lower edge
    const float width = static_cast<float>(std::min(1.0, rate / most)) * rect.w;
    painter.fill({rect.x, rect.bottom() - painter.px(4), width, painter.px(4)}, colors.busy,
                 painter.px(2));
  }
  if (worker.number == view.state.selected_worker) {
    painter.outline(rect, colors.text, painter.px(2), painter.px(4));
  }
  const ImU32 ink = is_hung(look) ? colors.on_alarm : is_dead(look) ? IM_COL32_WHITE : colors.text;
  const Type number_type = wide ? Type::body_bold : Type::small_bold;
  const float first = two_lines ? rect.y + rect.h * 0.30F : rect.middle() - painter.px(1);
  const float radius = std::min(painter.px(wide ? 8 : 6), rect.h * 0.4F);
  const float x = rect.x + painter.px(6) + radius;
  draw_mark(painter, mark, {x, first}, radius, is_hung(look) ? colors.on_alarm : colors.dead_edge);
  if (rect.h < painter.px(kNumberLeast)) return;  // a map of shapes
  painter.text(number_type, x + radius + painter.px(5), first, ink, std::to_string(worker.number));
  const std::string state = state_text(worker, look, rates);
  const Type state_type = alarm ? Type::small_bold : Type::small;
  // Half a word says less than shape and colour.
  if (two_lines && painter.width(state_type, state) <= rect.w - painter.px(8)) {
    painter.text(state_type, rect.x + painter.px(6), rect.y + rect.h * 0.70F,
                 alarm ? ink : colors.muted, state);
  }
}

/// So many that each has room for its number.
float most_columns(const Painter& painter, float width) {
  return std::max(4.F, std::floor(width / painter.px(kTileWidth)));
}

}  // namespace

float least_tiles_height(const Painter& painter, float width, std::size_t workers) {
  const float columns = most_columns(painter, width);
  return std::ceil(static_cast<float>(workers) / columns) * painter.px(kTileLeast);
}

void draw_worker_tiles(const Painter& painter, const Rect& rect, const View& view,
                       WorkerSpots& spots) {
  const auto& workers = view.now.workers;
  if (rect.w <= 0 || rect.h <= 0) return;
  // As many columns as leave tiles that are about half as high as wide.
  const auto count = static_cast<float>(workers.size());
  const float columns = std::clamp(std::round(std::sqrt(count * rect.w / rect.h / 1.7F)), 4.F,
                                   most_columns(painter, rect.w));
  const float rows = std::ceil(count / columns);
  const float width = rect.w / columns;
  const float height = std::min(rect.h / rows, painter.px(kTileMost));
  double most = 0;
  const words::Rates rates(view.calm.workers);
  for (const auto& worker : workers) most = std::max(most, rates.of(worker.number));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const std::size_t column = i % static_cast<std::size_t>(columns);
    const std::size_t row = i / static_cast<std::size_t>(columns);
    const Rect cell{rect.x + width * static_cast<float>(column),
                    rect.y + height * static_cast<float>(row), width, height};
    const Rect tile = cell.inset(painter.px(1.5F));
    draw_tile(painter, tile, view, workers[i], most, rates);
    add_spot(spots, workers[i].number, {tile, tile.inset(tile.w * 0.45F, 0)});
    const std::string id = "tile" + std::to_string(workers[i].number);
    if (press_area(id.c_str(), cell).clicked) {
      view.commands.push_back({CommandKind::select, workers[i].number});
    }
  }
}

}  // namespace forkscope::views
