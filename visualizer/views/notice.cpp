#include "views/notice.h"

#include <algorithm>
#include <string>

namespace forkscope::views {

namespace {

constexpr float kPadding = 14;

}  // namespace

float notice_width(const Painter& painter, const View& view) {
  const std::string& text = view.state.notice;
  return text.empty() ? 0 : painter.width(Type::body_bold, text) + 2 * painter.px(kPadding);
}

void draw_notice(const Painter& painter, const Rect& place, const View& view) {
  const std::string& text = view.state.notice;
  if (text.empty()) return;
  const Rect inside = place.inset(painter.px(kPadding), 0);
  const ImU32 ink = painter.colors().panel;
  painter.fill(place, painter.colors().text, painter.px(8));
  if (painter.width(Type::body_bold, text) <= inside.w + 1) {
    painter.text(Type::body_bold, inside.x, inside.middle(), ink, text);
    return;
  }
  // A long one has two lines of smaller type.
  const float height = std::min(painter.paragraph_height(Type::small_bold, inside.w, text),
                                2 * painter.line_height(Type::small_bold));
  painter.paragraph(Type::small_bold, {inside.x, inside.middle() - height / 2, inside.w, height},
                    ink, text);
}

}  // namespace forkscope::views
