#include "views/help.h"

#include <array>

namespace forkscope::views {

namespace {

struct Key {
  const char* key;
  const char* does;
};

constexpr std::array<Key, 14> kKeys{{
    {"L", "load on and off: real requests, from here"},
    {"H", "hang: one request that never returns"},
    {"C", "crash: one request that takes its worker along"},
    {"F", "freeze (SIGSTOP) and continue a worker"},
    {"K", "kill a worker (SIGKILL)"},
    {"1 – 9", "select a worker for F and K; again: the busiest"},
    {"Space", "pause the picture; the server goes on"},
    {"T", "dark and light"},
    {"P", "presenter: everything bigger"},
    {"Ctrl + / −", "bigger, smaller"},
    {"F11", "full screen"},
    {"F12", "screenshot into the current directory"},
    {"?", "this card"},
    {"Esc", "close this card, let go of a worker"},
}};

}  // namespace

void draw_help(const Painter& painter, ImVec2 window) {
  const Palette& colors = painter.colors();
  painter.fill({0, 0, window.x, window.y}, faded(colors.background, 0.72F));
  const float row = painter.px(34);
  const float width = std::min(painter.px(820), window.x - painter.px(32));
  const float height = row * (static_cast<float>(kKeys.size()) + 2.4F);
  Rect card{(window.x - width) / 2, (window.y - height) / 2, width, height};
  painter.fill(card, colors.panel, painter.px(10));
  painter.outline(card, colors.line, painter.px(2), painter.px(10));
  Rect inside = card.inset(painter.px(36), row * 0.5F);
  const Rect head = inside.cut_top(row * 1.4F);
  painter.text(Type::large_bold, head.x, head.middle(), colors.text, "Keys");
  for (const Key& key : kKeys) {
    const Rect line = inside.cut_top(row);
    painter.text(Type::body_bold, line.x, line.middle(), colors.busy, key.key);
    const float x = line.x + painter.px(170);
    painter.text_elided(Type::body, x, line.middle(), line.right() - x, colors.text, key.does);
  }
}

}  // namespace forkscope::views
