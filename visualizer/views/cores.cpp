#include "views/cores.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "views/plot.h"
#include "words/format.h"

namespace forkscope::views {

namespace {

constexpr float kTwoLinesGood = 92;   // at this height two lines and a graph stand well
constexpr float kTwoLinesLeast = 66;  // at this height they just fit

/// "worker 3", "workers 1 4", "perhaps worker 3", "no worker".
std::string worker_list(const picture::CoreSample& core) {
  const bool known = !core.workers.empty();
  const auto& workers = known ? core.workers : core.suspects;
  if (workers.empty()) return "no worker";
  std::string text = known ? "worker" : "perhaps worker";
  if (workers.size() > 1) text += 's';
  for (const std::uint32_t number : workers) text += " " + std::to_string(number);
  return text;
}

/// The same where there is little room: "w3", "w1 w4", "w3?", "–".
std::string short_worker_list(const picture::CoreSample& core) {
  std::string text;
  const auto add = [&text](const std::string& worker) {
    text += (text.empty() ? "w" : " w") + worker;
  };
  for (const std::uint32_t number : core.workers) add(std::to_string(number));
  for (const std::uint32_t number : core.suspects) add(std::to_string(number) + '?');
  return text.empty() ? "–" : text;
}

/// Number, utilisation and workers, in one line where they fit or there is no room for two. Takes
/// its place off `rect`.
void draw_core_head(const Painter& painter, Rect& rect, const picture::CoreSample& core) {
  const Palette& colors = painter.colors();
  const std::string list = worker_list(core);
  const std::string use = words::percent(core.utilisation);
  const std::string number = std::to_string(core.number);
  const float gap = painter.px(12);
  const float one_line = painter.width(Type::body_bold, number) + painter.width(Type::small, list) +
                         painter.width(Type::body_bold, use) + 2 * gap;
  const bool fits = one_line <= rect.w;
  const bool two_lines = rect.h >= painter.px(fits ? kTwoLinesGood : kTwoLinesLeast);
  const bool worded = two_lines && rect.w >= painter.width(Type::body_bold, "core 00 100 %");
  const Rect head = rect.cut_top(painter.px(27), painter.px(2));
  const float x = painter.text(Type::body_bold, head.x, head.middle(), colors.text,
                               (worded ? "core " : "") + number) +
                  gap;
  const float right =
      painter.text_right(Type::body_bold, head.right(), head.middle(), colors.text, use) - gap;
  if (two_lines) {
    const Rect line = rect.cut_top(painter.px(22), painter.px(4));
    painter.text_elided(
        Type::small, line.x, line.middle(), line.w, colors.muted,
        painter.width(Type::small, list) <= line.w ? list : short_worker_list(core));
  } else {
    painter.text_elided(Type::small, x, head.middle(), right - x, colors.muted,
                        fits ? list : short_worker_list(core));
  }
}

void draw_core(const Painter& painter, Rect rect, const View& view,
               const picture::CoreSample& core) {
  const Palette& colors = painter.colors();
  draw_core_head(painter, rect, core);
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
                      "min " + words::percent(least) + "  avg " +
                          words::percent(sum / static_cast<double>(cores.size())) + "  max " +
                          words::percent(most));
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
  Rect inside =
      painter.panel(rect, "CORES", cores.empty() ? "" : words::counted(cores.size(), "core"));
  if (cores.empty()) {
    if (!view.history.cores_unknown(view.time_ns)) return;
    const Rect line = inside.cut_top(painter.px(27));
    painter.text_elided(Type::small, line.x, line.middle(), line.w, painter.colors().muted,
                        "not known here");
    return;
  }
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
