#include "views/pointed.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "views/painter.h"

namespace forkscope::views {

namespace {

constexpr float kWidth = 480;
constexpr float kPadding = 14;
constexpr float kAway = 18;   // from the pointer
constexpr float kStill = 3;   // moves less than that from one frame to the next
constexpr float kMargin = 6;  // to the window's edge

/// Who moves it, or holds its button down, does not read.
bool rests(const Painter& painter) {
  const ImGuiIO& io = ImGui::GetIO();
  return std::hypot(io.MouseDelta.x, io.MouseDelta.y) < painter.px(kStill) && !io.MouseDown[0];
}

}  // namespace

void draw_explanation(const Painter& painter, const Pointed& pointed, ImVec2 window) {
  if (pointed.term == nullptr || !rests(painter)) return;
  const Palette& colors = painter.colors();
  const words::Term& term = *pointed.term;
  std::string head(term.word);
  if (!term.plain.empty()) head.append(": ").append(term.plain);
  const std::string sentence(term.sentence);

  const float pad = painter.px(kPadding);
  const float margin = painter.px(kMargin);
  const float most = std::min(painter.px(kWidth), window.x - 2 * (pad + margin));
  const float width = std::min(
      most, std::max(painter.width(Type::small_bold, head), painter.width(Type::small, sentence)));
  const float head_height = painter.paragraph_height(Type::small_bold, width, head);
  const float height = head_height + painter.paragraph_height(Type::small, width, sentence);
  Rect card{pointed.at.x, pointed.at.y + painter.px(kAway), width + 2 * pad, height + 2 * pad};
  if (card.bottom() > window.y - margin) card.y = pointed.at.y - painter.px(kAway) - card.h;
  card.x = std::max(margin, std::min(card.x, window.x - margin - card.w));
  card.y = std::max(margin, card.y);
  painter.fill(card, colors.panel, painter.px(6));
  painter.fill(card.inset(painter.px(2)), colors.text, painter.px(5));
  Rect inside = card.inset(pad);
  painter.paragraph(Type::small_bold, inside.cut_top(head_height), colors.panel, head);
  painter.paragraph(Type::small, inside, colors.panel, sentence);
}

}  // namespace forkscope::views
