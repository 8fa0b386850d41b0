#include "views/flags.h"

#include <cstdint>
#include <limits>

#include "views/mark.h"

namespace forkscope::views {

using telemetry::EventKind;

void draw_flags(const Painter& painter, const Rect& plot, float middle, const View& view) {
  const Palette& colors = painter.colors();
  constexpr std::uint64_t kShownNs = kShownBins * history::kBinNs;
  const std::uint64_t end_ns = history::bin_of(view.time_ns) * history::kBinNs;
  const std::uint64_t begin_ns = end_ns - std::min(end_ns, kShownNs);
  float last_x = std::numeric_limits<float>::lowest();
  const auto flag = [&](std::uint64_t time_ns, EventKind kind) {
    if (time_ns < begin_ns || time_ns > end_ns || time_ns > view.time_ns) return;
    const float x =
        plot.x + plot.w * static_cast<float>(time_ns - begin_ns) / static_cast<float>(kShownNs);
    const Mark mark = mark_of(kind, colors);
    painter.line({x, plot.y}, {x, plot.bottom()}, faded(colors.muted, 0.7F), painter.px(1.5F));
    // What follows at once stands beside what it follows.
    const float at = std::max(x, last_x + painter.px(17));
    if (at > plot.right()) return;
    painter.shape(mark.shape, {at, middle}, painter.px(7), mark.color, colors.dead_edge);
    last_x = at;
  };
  for (const history::Incident& incident : view.incidents) {
    flag(incident.declared_ns, EventKind::hung);
    flag(incident.exit_ns, EventKind::exit);
    if (incident.replaced) flag(incident.back_ns, EventKind::listening);
  }
}

}  // namespace forkscope::views
