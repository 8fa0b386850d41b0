#include "views/event_log.h"

#include <algorithm>
#include <string>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"
#include "views/mark.h"
#include "words/format.h"
#include "words/wording.h"

namespace forkscope::views {

namespace {

/// A clean exit that made no incident.
bool is_planned_exit(const telemetry::EventRecord& event, const View& view) {
  return telemetry::traits_of(event).step == telemetry::LifeStep::ends &&
         static_cast<telemetry::ExitCause>(event.exit_cause) == telemetry::ExitCause::exited &&
         event.exit_code == 0 && (event.exit_flags & telemetry::kExitWasHung) == 0 &&
         std::none_of(view.incidents.begin(), view.incidents.end(),
                      [&event](const history::Incident& incident) {
                        return incident.worker == event.worker && incident.exit_ns == event.time_ns;
                      });
}

}  // namespace

void draw_event_log(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  Rect inside = painter.panel(rect, "EVENTS", "newest first");
  const float row = painter.px(25);
  const auto rows = static_cast<std::size_t>(std::max(0.F, inside.h / row));
  for (const auto& event : view.history.events(view.time_ns, rows)) {
    const Rect line = inside.cut_top(row);
    if (line.h < row - 1) break;  // long ones before it have taken its place
    const auto wall_clock_ns = static_cast<std::int64_t>(event.wall_clock_ns);
    float x = painter.text(Type::small, line.x, line.middle(), colors.muted,
                           words::clock_time(wall_clock_ns, view.history.zone()));
    const auto kind = static_cast<telemetry::EventKind>(event.kind);
    const Mark mark =
        is_planned_exit(event, view) ? mark_of_planned_exit(colors) : mark_of(kind, colors);
    x += painter.px(22);
    draw_mark(painter, mark, {x, line.middle()}, painter.px(7), colors.dead_edge);
    x += painter.px(18);
    const auto line_text = telemetry::event_line(event);
    const std::string text = line_text.whole();
    const float width = line.right() - x;
    const auto fits = [&](const std::string& some) {
      return painter.width(Type::small, some) <= width;
    };
    if (fits(text) || inside.h < row) {
      painter.text_elided(Type::small, x, line.middle(), width, colors.text,
                          line_text.fitted(fits));
      continue;
    }
    // A long one goes on below, in one more line.
    inside.cut_top(row);
    painter.paragraph(Type::small, {x, line.y, width, 2 * row}, colors.text, text);
  }
}

}  // namespace forkscope::views
