#include "views/notice.h"

#include <algorithm>

namespace forkscope::views {

void draw_notice(const Painter& painter, const Rect& over, const View& view) {
  const std::string& text = view.state.notice;
  if (text.empty()) return;
  const float pad = painter.px(20);
  const float width = std::min(painter.width(Type::body_bold, text), over.w - 2 * pad);
  const float height = painter.px(44);
  const Rect plate{over.x + (over.w - width) / 2 - pad, over.middle() - height / 2, width + 2 * pad,
                   height};
  painter.fill(plate, painter.colors().text, painter.px(8));
  painter.text_elided(Type::body_bold, plate.x + pad, plate.middle(), width, painter.colors().panel,
                      text);
}

}  // namespace forkscope::views
