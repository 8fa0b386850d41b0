#include "views/flags.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "views/mark.h"

namespace forkscope::views {

using telemetry::EventKind;

namespace {

struct Flag {
  std::uint64_t time_ns;
  EventKind kind;
};

/// The signs of incidents, and when protection or balance was switched; oldest first.
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
  for (const telemetry::EventRecord& event : view.history.switches()) {
    add(event.time_ns, static_cast<EventKind>(event.kind));
  }
  std::stable_sort(flags.begin(), flags.end(), [](const Flag& left, const Flag& right) {
    return left.time_ns < right.time_ns;
  });
  return flags;
}

}  // namespace

std::vector<float> flag_places(const std::vector<float>& lines, float pitch, float left,
                               float right) {
  struct Group {
    float sum;  // of its lines
    std::size_t count;
    float first;
  };
  std::vector<Group> groups;
  const auto place = [&](Group& group) {
    const float width = pitch * static_cast<float>(group.count - 1);
    const float middle = group.sum / static_cast<float>(group.count);
    group.first = std::clamp(middle - width / 2, left, std::max(left, right - width));
  };
  for (const float line : lines) {
    place(groups.emplace_back(Group{line, 1, line}));
    while (groups.size() > 1) {
      Group& before = groups[groups.size() - 2];
      if (groups.back().first >= before.first + pitch * static_cast<float>(before.count)) break;
      before.sum += groups.back().sum;
      before.count += groups.back().count;
      groups.pop_back();
      place(before);
    }
  }
  std::vector<float> places;
  places.reserve(lines.size());
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < group.count; ++i) {
      places.push_back(group.first + pitch * static_cast<float>(i));
    }
  }
  return places;
}

void draw_flags(const Painter& painter, const Rect& plot, float middle, const View& view) {
  const Palette& colors = painter.colors();
  constexpr std::uint64_t kShownNs = kShownBins * history::kBinNs;
  const std::uint64_t end_ns = history::bin_of(view.time_ns) * history::kBinNs;
  const std::uint64_t begin_ns = end_ns - std::min(end_ns, kShownNs);
  const std::vector<Flag> flags = flags_between(begin_ns, end_ns, view);
  std::vector<float> lines;
  lines.reserve(flags.size());
  for (const Flag& flag : flags) {
    lines.push_back(plot.x + plot.w * static_cast<float>(flag.time_ns - begin_ns) /
                                 static_cast<float>(kShownNs));
  }
  const std::vector<float> places = flag_places(lines, painter.px(17), plot.x, plot.right());
  const ImU32 ink = faded(colors.muted, 0.7F);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    // A line bends to its flag, where that had to make room for others.
    painter.line({lines[i], plot.y}, {lines[i], plot.bottom()}, ink, painter.px(1.5F));
    painter.line({places[i], middle}, {lines[i], plot.y}, ink, painter.px(1.5F));
    if (places[i] > plot.right()) continue;
    const Mark mark = mark_of(flags[i].kind, colors);
    draw_mark(painter, mark, {places[i], middle}, painter.px(7), colors.dead_edge);
  }
}

}  // namespace forkscope::views
