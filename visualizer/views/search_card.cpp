#include "views/search_card.h"

namespace forkscope::views {

void draw_search_card(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const float width = std::min(painter.px(980), rect.w);
  const float height = painter.px(296);
  Rect card{rect.x + (rect.w - width) / 2, rect.y + (rect.h - height) * 0.4F, width, height};
  painter.fill(card, colors.panel, painter.px(10));

  Rect inside = card.inset(painter.px(44), painter.px(36));
  Rect line = inside.cut_top(painter.px(54), painter.px(10));
  painter.shape(Shape::ring, {line.x + painter.px(18), line.middle()}, painter.px(18), colors.busy,
                colors.busy);
  painter.text(Type::banner, line.x + painter.px(56), line.middle(), colors.text,
               "Looking for a server");
  line = inside.cut_top(painter.px(34), painter.px(26));
  painter.text_elided(Type::body, line.x, line.middle(), line.w, colors.muted,
                      view.now.attachment_detail);
  line = inside.cut_top(painter.px(34), painter.px(6));
  painter.text(Type::body, line.x, line.middle(), colors.text, "Start one in a terminal:");
  line = inside.cut_top(painter.px(52));
  painter.fill(line, colors.raised, painter.px(6));
  painter.text_elided(Type::body, line.x + painter.px(18), line.middle(), line.w - painter.px(36),
                      colors.text, "build/release/bin/todos-server");
  painter.text_right(Type::small, line.right() - painter.px(18), line.middle(), colors.muted,
                     "this window attaches by itself");
}

}  // namespace forkscope::views
