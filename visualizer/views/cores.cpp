#include "views/cores.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "model/format.h"
#include "views/plot.h"

namespace forkscope::views {

namespace {

std::string worker_list(const std::vector<std::uint32_t>& workers) {
  if (workers.empty()) return "no worker";
  std::string text = workers.size() == 1 ? "worker" : "workers";
  for (const std::uint32_t number : workers) text += " " + std::to_string(number);
  return text;
}

void draw_core(const Painter& painter, Rect rect, const View& view, const model::CoreSample& core) {
  const Palette& colors = painter.colors();
  const bool tall = rect.h >= painter.px(92);
  const bool worded = tall && rect.w >= painter.width(Type::body_bold, "core 00 100 %");
  const Rect head = rect.cut_top(painter.px(27), painter.px(2));
  float x = painter.text(Type::body_bold, head.x, head.middle(), colors.text,
                         (worded ? "core " : "") + std::to_string(core.number));
  const float right = painter.text_right(Type::body_bold, head.right(), head.middle(), colors.text,
                                         model::percent(core.utilisation));
  if (tall) {
    const Rect line = rect.cut_top(painter.px(22), painter.px(4));
    painter.text_elided(Type::small, line.x, line.middle(), line.w, colors.muted,
                        worker_list(core.workers));
  } else {
    x += painter.px(12);
    painter.text_elided(Type::small, x, head.middle(), right - painter.px(10) - x, colors.muted,
                        worker_list(core.workers));
  }
  if (rect.h < painter.px(8)) return;
  painter.fill(rect, faded(colors.line, 0.45F), painter.px(3));
  std::array<float, kShownBins> bins;
  view.history.core_bins(core.number, view.time_ns, bins);
  const auto first = std::find_if(bins.begin(), bins.end(), [](float bin) { return bin > 0; });
  const std::span known(first, bins.end());  // nothing is drawn for the time before we looked
  const float width = rect.w * static_cast<float>(known.size()) / static_cast<float>(kShownBins);
  plot_area(painter, rect.cut_right(width), known, 1.F, colors.busy, colors.area);
}

/// More cores than rows of text: one stripe per core, time from left to right.
void draw_core_map(const Painter& painter, Rect rect, const View& view) {
  const Palette& colors = painter.colors();
  const auto& cores = view.calm.cores;
  double least = 1;
  double most = 0;
  double sum = 0;
  for (const auto& core : cores) {
    least = std::min(least, core.utilisation);
    most = std::max(most, core.utilisation);
    sum += core.utilisation;
  }
  const Rect head = rect.cut_top(painter.px(27), painter.px(6));
  painter.text_elided(Type::small, head.x, head.middle(), head.w, colors.text,
                      "min " + model::percent(least) + "  avg " +
                          model::percent(sum / static_cast<double>(cores.size())) + "  max " +
                          model::percent(most));
  const float row = rect.h / static_cast<float>(cores.size());
  constexpr std::size_t kColumns = 60;
  constexpr std::size_t kBinsPerColumn = kShownBins / kColumns;
  const float column = rect.w / kColumns;
  std::array<float, kShownBins> bins;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    view.history.core_bins(cores[i].number, view.time_ns, bins);
    for (std::size_t c = 0; c < kColumns && (c + 1) * kBinsPerColumn <= bins.size(); ++c) {
      const auto first = bins.begin() + static_cast<std::ptrdiff_t>(c * kBinsPerColumn);
      const float mean = std::accumulate(first, first + kBinsPerColumn, 0.F) / kBinsPerColumn;
      painter.fill({rect.x + column * static_cast<float>(c), rect.y + row * static_cast<float>(i),
                    column, std::max(1.F, row - 1)},
                   faded(colors.busy, 0.08F + 0.92F * std::clamp(mean, 0.F, 1.F)));
    }
  }
}

}  // namespace

void draw_cores(const Painter& painter, const Rect& rect, const View& view) {
  const auto& cores = view.calm.cores;
  Rect inside = painter.panel(rect, "CORES", model::counted(cores.size(), "core"));
  if (cores.empty()) return;
  const float gap = painter.px(10);
  const auto count = static_cast<float>(cores.size());
  const float row = (inside.h - gap * (count - 1)) / count;
  if (row < painter.px(27)) {
    draw_core_map(painter, inside, view);
    return;
  }
  for (const auto& core : cores) {
    draw_core(painter, inside.cut_top(std::min(row, painter.px(330)), gap), view, core);
  }
}

}  // namespace forkscope::views
