#include "views/plot.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace forkscope::views {

void plot_area(const Painter& painter, const Rect& rect, std::span<const float> values, float top,
               ImU32 line, ImU32 area) {
  if (values.size() < 2 || rect.w < 2 || rect.h < 2) return;
  const auto steps = std::min(values.size(), static_cast<std::size_t>(rect.w / painter.px(4)));
  if (steps < 2) return;
  std::vector<ImVec2> curve(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t from = i * values.size() / steps;
    const std::size_t to = std::max(from + 1, (i + 1) * values.size() / steps);
    float sum = 0;
    for (std::size_t value = from; value < to; ++value) sum += values[value];
    const float share = std::clamp(sum / static_cast<float>(to - from) / top, 0.F, 1.F);
    curve[i] = {rect.x + rect.w * static_cast<float>(i) / static_cast<float>(steps - 1),
                rect.bottom() - share * (rect.h - 1)};
  }
  // Anti-aliased edges between neighbours would show as seams.
  const ImDrawListFlags flags = painter.list().Flags;
  painter.list().Flags = flags & ~ImDrawListFlags_AntiAliasedFill;
  for (std::size_t i = 0; i + 1 < steps; ++i) {
    painter.list().AddQuadFilled({curve[i].x, rect.bottom()}, curve[i], curve[i + 1],
                                 {curve[i + 1].x, rect.bottom()}, area);
  }
  painter.list().Flags = flags;
  painter.polyline(curve.data(), static_cast<int>(steps), line, painter.px(2));
}

float round_top(float value) {
  const float decade = std::pow(10.F, std::floor(std::log10(std::max(value, 1.F))));
  for (const float step : {1.F, 1.5F, 2.F, 3.F, 5.F, 7.5F}) {
    if (value <= step * decade) return step * decade;
  }
  return 10 * decade;
}

}  // namespace forkscope::views
