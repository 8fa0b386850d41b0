#include "views/cores.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "views/plot.h"
#include "words/core_use.h"
#include "words/format.h"

namespace forkscope::views {

namespace {

constexpr float kTwoLinesGood = 92;   // at this height two lines and a graph stand well
constexpr float kTwoLinesLeast = 66;  // at this height they just fit
constexpr float kTextLeast = 56;      // of a text that is cut
constexpr float kOthersLeast = 140;   // of the panel, for a line about who else uses the machine

/// The longest of the texts that has room; of the shortest, what has room if that says anything.
void draw_fitting(const Painter& painter, const Rect& line, const std::vector<std::string>& texts) {
  const auto text = std::find_if(texts.begin(), texts.end(), [&](const std::string& candidate) {
    return painter.width(Type::small, candidate) <= line.w;
  });
  if (text == texts.end() && line.w < painter.px(kTextLeast)) return;
  painter.text_elided(Type::small, line.x, line.middle(), line.w, painter.colors().muted,
                      text != texts.end() ? *text : texts.back());
}

/// Number, utilisation and who uses it, in one line where that fits or there is no room for two.
/// Takes its place off `rect`.
void draw_core_head(const Painter& painter, Rect& rect, const picture::CoreSample& core) {
  const Palette& colors = painter.colors();
  const std::vector<std::string> texts = words::core_use_texts(core);
  const std::string use = words::percent(core.utilisation);
  const std::string number = std::to_string(core.number);
  const float gap = painter.px(12);
  const float one_line = painter.width(Type::body_bold, number) +
                         painter.width(Type::small, texts.front()) +
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
  const Rect line =
      two_lines ? rect.cut_top(painter.px(22), painter.px(4)) : Rect{x, head.y, right - x, head.h};
  draw_fitting(painter, line, texts);
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
  const Rect graph = rect.cut_right(width);
  if (!core.own) return plot_area(painter, graph, known, 1.F, colors.busy, colors.area);
  // The workers' part in the colour of those that serve, the others' above it.
  plot_area(painter, graph, known, 1.F, colors.muted, faded(colors.muted, 0.25F));
  std::array<float, kShownBins> own;
  view.history.own_core_bins(core.number, view.time_ns, own);
  plot_area(painter, graph, std::span(own).last(known.size()), 1.F, colors.busy, colors.area);
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

/// Who else is busy, on a line at the lower edge, which it takes off `rect`. That is of this
/// machine and this moment: neither a recording nor the past knows it, and says so.
void draw_others(const Painter& painter, Rect& rect, const View& view) {
  if (rect.h < painter.px(kOthersLeast)) return;
  const auto& cores = view.calm.cores;
  const bool any = std::any_of(cores.begin(), cores.end(),
                               [](const auto& core) { return core.own.has_value(); });
  std::vector<std::string> texts{"others: names not recorded", "others: not named"};
  if (!view.paused && !view.replay) {
    texts = words::others_texts(view.history.latest().other_programs);
  } else if (!any) {
    return;
  }
  if (texts.empty()) return;
  const Rect line = rect.cut_bottom(painter.px(22), painter.px(4));
  draw_fitting(painter, line, texts);
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
  draw_others(painter, inside, view);
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
