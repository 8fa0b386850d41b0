#include "views/time_bar.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "views/gaps.h"
#include "views/mark.h"
#include "views/widgets.h"
#include "words/format.h"
#include "words/future.h"

namespace forkscope::views {

using history::Incident;

namespace {

constexpr std::uint64_t kMinuteNs = 60'000'000'000;
constexpr std::array<std::uint64_t, 8> kSpans{1, 2, 5, 10, 20, 30, 60, 120};  // minutes

/// Where moments lie on the track.
struct Axis {
  Rect track;
  std::uint64_t from_ns;
  std::uint64_t to_ns;

  float x(std::uint64_t time_ns) const {
    const std::uint64_t clamped = std::clamp(time_ns, from_ns, to_ns);
    return track.x +
           track.w * static_cast<float>(clamped - from_ns) / static_cast<float>(to_ns - from_ns);
  }
  std::uint64_t time_at(float at) const {
    const float part = std::clamp((at - track.x) / track.w, 0.F, 1.F);
    return from_ns + static_cast<std::uint64_t>(static_cast<double>(part) *
                                                static_cast<double>(to_ns - from_ns));
  }
};

/// The shortest of the spans that holds all that is known: incidents lie far apart in it.
Axis axis_of(const Rect& track, const View& view) {
  const std::uint64_t to_ns = view.history.newest_ns();
  const std::uint64_t known_ns = to_ns - std::min(to_ns, view.history.oldest_ns());
  std::uint64_t span_ns = kSpans.back() * kMinuteNs;
  for (const std::uint64_t minutes : kSpans) {
    if (known_ns <= minutes * kMinuteNs) {
      span_ns = minutes * kMinuteNs;
      break;
    }
  }
  return {track, to_ns - std::min(to_ns, span_ns), to_ns};
}

void draw_grid(const Painter& painter, const Axis& axis) {
  const Palette& colors = painter.colors();
  const std::uint64_t span_ns = axis.to_ns - axis.from_ns;
  const std::uint64_t step_ns = std::max(span_ns / 10, kMinuteNs / 4);
  for (std::uint64_t back_ns = step_ns; back_ns < span_ns; back_ns += step_ns) {
    const float x = axis.x(axis.to_ns - back_ns);
    painter.line({x, axis.track.y}, {x, axis.track.bottom()}, colors.line, painter.px(1));
  }
  const float middle = axis.track.bottom() - painter.px(11);
  painter.text(Type::mono, axis.track.x + painter.px(8), middle, colors.muted,
               "−" + std::to_string(span_ns / kMinuteNs) + " min");
}

/// The load as a faint skyline, and what was not seen of it.
void draw_past(const Painter& painter, const Axis& axis, const View& view) {
  const Palette& colors = painter.colors();
  std::vector<history::TimeBin> bins((axis.to_ns - axis.from_ns) / history::kBinNs);
  view.history.timeline(axis.to_ns, bins);
  const auto columns = static_cast<std::size_t>(std::max(1.F, axis.track.w / painter.px(4)));
  std::vector<float> heights(std::min(columns, bins.size()));
  float most = 1;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    const std::size_t from = i * bins.size() / heights.size();
    const std::size_t to = (i + 1) * bins.size() / heights.size();
    for (std::size_t bin = from; bin < to; ++bin) heights[i] += bins[bin].requests;
    heights[i] /= static_cast<float>(to - from);
    most = std::max(most, heights[i]);
  }
  const float width = axis.track.w / static_cast<float>(heights.size());
  for (std::size_t i = 0; i < heights.size(); ++i) {
    const float height = heights[i] / most * axis.track.h * 0.85F;
    if (height < 0.5F) continue;
    painter.fill(
        {axis.track.x + width * static_cast<float>(i), axis.track.bottom() - height, width, height},
        colors.area);
  }
  draw_gaps(painter, axis.track, find_gaps(bins), bins.size(), true);
}

/// What comes behind the view time is there, but not shown; a replay has not come to it yet.
void draw_future(const Painter& painter, const Axis& axis, const View& view) {
  const Palette& colors = painter.colors();
  Rect future = axis.track;
  future.cut_left(axis.x(view.time_ns) - future.x);
  painter.fill(future, faded(colors.panel, 0.6F));
  const float pad = painter.px(8);
  for (const std::string_view text : words::future_texts(view.replay)) {
    const float width = painter.width(Type::small_bold, text);
    if (width + 4 * pad > future.w) continue;
    const Rect plate{future.right() - width - 3 * pad, future.middle() - painter.px(12),
                     width + 2 * pad, painter.px(24)};
    painter.fill(plate, colors.panel, painter.px(4));
    painter.text_centered(Type::small_bold, plate, colors.text, text);
    return;
  }
}

void draw_marker(const Painter& painter, const Axis& axis, std::uint64_t time_ns) {
  if (time_ns < axis.from_ns || time_ns > axis.to_ns) return;
  const Palette& colors = painter.colors();
  const float x = axis.x(time_ns);
  painter.line({x, axis.track.y}, {x, axis.track.bottom()}, colors.text, painter.px(2));
  painter.list().AddTriangleFilled({x, axis.track.y},
                                   {x + painter.px(15), axis.track.y + painter.px(7)},
                                   {x, axis.track.y + painter.px(14)}, colors.text);
}

/// Protection or balance was switched: the load looks different from there on.
void draw_switch(const Painter& painter, const Axis& axis, const telemetry::EventRecord& event) {
  if (event.time_ns < axis.from_ns || event.time_ns > axis.to_ns) return;
  const Palette& colors = painter.colors();
  const float x = axis.x(event.time_ns);
  painter.line({x, axis.track.y}, {x, axis.track.bottom()}, colors.muted, painter.px(1.5F));
  const Mark mark = mark_of(static_cast<telemetry::EventKind>(event.kind), colors);
  draw_mark(painter, mark, {x, axis.track.bottom() - painter.px(8)}, painter.px(6),
            colors.dead_edge);
}

void draw_incident(const Painter& painter, const Axis& axis, const Incident& incident) {
  const Palette& colors = painter.colors();
  const std::uint64_t start_ns = incident.start_ns();
  const std::uint64_t end_ns = incident.open() ? axis.to_ns : incident.back_ns;
  if (end_ns < axis.from_ns || start_ns > axis.to_ns) return;
  const float x = axis.x(start_ns);
  if (incident.kind == history::IncidentKind::hang) {
    const Rect span{x, axis.track.y, std::max(painter.px(5), axis.x(end_ns) - x), axis.track.h};
    painter.fill(span, colors.hung);
    painter.hatch(span, colors.hatch);
    painter.explain(span, words::word(words::Look::hung));
    return;
  }
  painter.fill({x - painter.px(1.5F), axis.track.y, painter.px(3), axis.track.h}, colors.dead);
  draw_mark(painter, mark_of(words::Look::dead, colors), {x, axis.track.y + painter.px(9)},
            painter.px(7), colors.dead_edge);
}

}  // namespace

void draw_time_bar(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  Rect inside = rect.inset(painter.px(14), painter.px(7));
  const bool paused = view.paused;

  const std::string clock =
      words::clock_time(view.history.wall_clock_at(view.time_ns), view.history.zone());
  const Rect label = inside.cut_left(painter.width(Type::body_bold, "00:00:00"), painter.px(16));
  painter.text(Type::body_bold, label.x, label.middle(), colors.text, clock);

  const std::string_view hint = view.replay_has_ended() ? "Space: again"
                                : !paused               ? "Space: pause"
                                : view.replay           ? "Space: play"
                                                        : "End: live";
  const Rect right = inside.cut_right(painter.width(Type::small, "Space: pause"), painter.px(14));
  painter.text_right(Type::small, right.right(), right.middle(), colors.muted, hint);

  const Axis axis = axis_of(inside, view);
  painter.fill(axis.track, faded(colors.line, 0.5F), painter.px(3));
  painter.push_clip(axis.track);
  draw_past(painter, axis, view);
  draw_grid(painter, axis);
  for (const auto& event : view.history.switches()) draw_switch(painter, axis, event);
  // What is to come is on the time line as well: it is where one goes to.
  for (const Incident& incident : view.history.incidents()) draw_incident(painter, axis, incident);
  for (const std::uint64_t marker : view.history.markers()) draw_marker(painter, axis, marker);
  const float head = axis.x(view.time_ns);
  if (paused || (view.replay && view.time_ns < axis.to_ns)) draw_future(painter, axis, view);
  painter.pop_clip();
  painter.fill({head - painter.px(2), axis.track.y - painter.px(4), painter.px(4),
                axis.track.h + painter.px(8)},
               paused ? colors.slow : colors.text, painter.px(2));
  painter.shape(Shape::disc, {head, axis.track.middle()}, painter.px(9),
                paused ? colors.slow : colors.text, colors.text);

  const Press press = press_area("time", axis.track);
  if (press.held) view.commands.push_back({CommandKind::go_to, axis.time_at(mouse_x())});
}

}  // namespace forkscope::views
