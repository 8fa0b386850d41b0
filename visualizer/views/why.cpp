#include "views/why.h"

#include <algorithm>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "views/mark.h"
#include "words/format.h"
#include "words/wording.h"

namespace forkscope::views {

void draw_why(const Painter& painter, const Rect& rect, const history::Incident& incident,
              words::Tone tone) {
  const Palette& colors = painter.colors();
  const auto steps = words::chain(incident, tone);
  painter.fill(rect, colors.panel, painter.px(6));
  const Rect inside = rect.inset(painter.px(14), painter.px(6));
  const float width = std::min(
      inside.w / static_cast<float>(std::max<std::size_t>(steps.size(), 1)), painter.px(330));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    Rect box{inside.x + width * static_cast<float>(i), inside.y, width - painter.px(14), inside.h};
    const Mark mark = mark_of(step.kind, colors);
    const Rect head = box.cut_top(painter.px(30));
    const float radius = painter.px(11);
    if (i + 1 < steps.size()) {  // leads to the next
      painter.line({head.x + 2 * radius + painter.px(8), head.middle()},
                   {head.x + width, head.middle()}, colors.line, painter.px(3));
    }
    draw_mark(painter, mark, {head.x + radius, head.middle()}, radius, colors.dead_edge);
    const std::string when =
        i == 0 ? "0 s" : "+" + telemetry::duration_text(step.time_ns - steps[0].time_ns);
    const float x = head.x + 2 * radius + painter.px(10);
    painter.fill({x, head.y, painter.width(Type::body_bold, when) + painter.px(8), head.h},
                 colors.panel);
    painter.text(Type::body_bold, x, head.middle(), colors.text, when);
    const Rect title = box.cut_top(painter.px(26));
    painter.text_elided(Type::small_bold, title.x, title.middle(), title.w, colors.text,
                        step.title);
    painter.paragraph(Type::small, box, colors.muted, step.detail);
  }
}

}  // namespace forkscope::views
