#include "views/flags.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "views/mark.h"

namespace forkscope::views {

using telemetry::EventKind;

namespace {

struct Flag {
  std::uint64_t time_ns;
  EventKind kind;
};

/// The signs of incidents, and when protection was switched; oldest first.
std::vector<Flag> flags_between(std::uint64_t begin_ns, std::uint64_t end_ns, const View& view) {
  std::vector<Flag> flags;
  const auto add = [&](std::uint64_t time_ns, EventKind kind) {
    if (time_ns >= begin_ns && time_ns <= end_ns) flags.push_back({time_ns, kind});
  };
  for (const history::Incident& incident : view.incidents) {
    add(incident.declared_ns, EventKind::hung);
    add(incident.exit_ns, EventKind::exit);
    if (incident.replaced) add(incident.back_ns, EventKind::listening);
  }
  for (const auto& event : view.history.events_between(begin_ns, end_ns)) {
    const auto kind = static_cast<EventKind>(event.kind);
    if (kind == EventKind::protection) add(event.time_ns, kind);
  }
  std::stable_sort(flags.begin(), flags.end(), [](const Flag& left, const Flag& right) {
    return left.time_ns < right.time_ns;
  });
  return flags;
}

}  // namespace

void draw_flags(const Painter& painter, const Rect& plot, float middle, const View& view) {
  const Palette& colors = painter.colors();
  constexpr std::uint64_t kShownNs = kShownBins * history::kBinNs;
  const std::uint64_t end_ns = history::bin_of(view.time_ns) * history::kBinNs;
  const std::uint64_t begin_ns = end_ns - std::min(end_ns, kShownNs);
  float last_x = std::numeric_limits<float>::lowest();
  for (const Flag& flag : flags_between(begin_ns, end_ns, view)) {
    const float x = plot.x + plot.w * static_cast<float>(flag.time_ns - begin_ns) /
                                 static_cast<float>(kShownNs);
    const Mark mark = mark_of(flag.kind, colors);
    painter.line({x, plot.y}, {x, plot.bottom()}, faded(colors.muted, 0.7F), painter.px(1.5F));
    // What follows at once stands beside what it follows.
    const float at = std::max(x, last_x + painter.px(17));
    if (at > plot.right()) continue;
    draw_mark(painter, mark, {at, middle}, painter.px(7), colors.dead_edge);
    last_x = at;
  }
}

}  // namespace forkscope::views
