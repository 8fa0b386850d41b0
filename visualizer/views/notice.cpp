#include "views/notice.h"

namespace forkscope::views {

void draw_notice(const Painter& painter, const Rect& row, const View& view) {
  const std::string& text = view.state.notice;
  if (text.empty() || view.history.latest().time_ns >= view.state.notice_until_ns) return;
  const float pad = painter.px(14);
  const float width = std::min(painter.width(Type::small_bold, text), row.w - 2 * pad);
  painter.fill({row.x, row.y, width + 2 * pad, row.h}, painter.colors().text, painter.px(5));
  painter.text_elided(Type::small_bold, row.x + pad, row.middle(), width, painter.colors().panel,
                      text);
}

}  // namespace forkscope::views
