#include "views/help.h"

#include <algorithm>
#include <array>
#include <span>

namespace forkscope::views {

namespace {

struct Key {
  const char* key;
  const char* does;
};

constexpr std::array<Key, 15> kFire{{
    {"L", "load on and off: real requests, from here"},
    {"Shift L", "its rate: 10/s … flat out"},
    {"Ctrl L", "its connections"},
    {"Alt L", "its share of POSTs"},
    {"H", "hang: one request that never returns"},
    {"Shift H", "how it hangs: spin, sleep"},
    {"C", "crash: one request that takes its worker along"},
    {"Shift C", "how it crashes: segv, abort, throw, exit"},
    {"1 – 9", "select a worker for F, K and W; again: none"},
    {"F", "freeze (SIGSTOP) it, or let it go on (SIGCONT)"},
    {"K", "kill it (SIGKILL)"},
    {"+  −", "one worker more, one fewer"},
    {"R", "reload: all workers anew, one after the other"},
    {"O", "whether connections outlive their worker: on and off"},
    {"N", "lessons: the next step;  ↑ ↓ guess"},
}};

constexpr std::array<Key, 17> kLook{{
    {"Space", "pause the picture; the server goes on"},
    {"←  →", "100 ms back, 100 ms on"},
    {"Shift ←  →", "to the previous, the next incident"},
    {"End", "back to live"},
    {"M", "put a marker on the time line"},
    {"W", "why? the chain of events of an incident"},
    {"X", "which requests were lost, and with whom"},
    {"S", "servers: the list, where several run;  ↑ ↓ Enter"},
    {"P", "presenter: everything bigger"},
    {"T", "dark and light"},
    {"Ctrl +  −", "bigger, smaller"},
    {"Ctrl M", "reduced motion on and off"},
    {"F11", "full screen"},
    {"F12", "screenshot into the current directory"},
    {"?", "this card"},
    {"Esc", "close what is open, select no worker"},
    {"Ctrl Q", "close the window"},
}};

void draw_keys(const Painter& painter, Rect column, float row, std::span<const Key> keys) {
  const Palette& colors = painter.colors();
  const float keys_width = painter.px(128);
  for (const Key& key : keys) {
    const Rect line = column.cut_top(row);
    painter.text(Type::small_bold, line.x, line.middle(), colors.busy, key.key);
    const float x = line.x + keys_width;
    painter.text_elided(Type::small, x, line.middle(), line.right() - x, colors.text, key.does);
  }
}

}  // namespace

void draw_help(const Painter& painter, ImVec2 window) {
  const Palette& colors = painter.colors();
  painter.fill({0, 0, window.x, window.y}, faded(colors.background, 0.78F));
  const float row = std::min(painter.px(36), window.y / 20);
  const float width = std::min(painter.px(1330), window.x - painter.px(24));
  const float height = row * (static_cast<float>(std::max(kFire.size(), kLook.size())) + 2.6F);
  const Rect card{(window.x - width) / 2, (window.y - height) / 2, width, height};
  painter.fill(card, colors.panel, painter.px(10));
  painter.outline(card, colors.line, painter.px(2), painter.px(10));
  Rect inside = card.inset(painter.px(32), row * 0.5F);
  const Rect head = inside.cut_top(row * 1.5F);
  painter.text(Type::large_bold, head.x, head.middle(), colors.text, "Keys");
  painter.text_right(Type::small, head.right(), head.middle(), colors.muted,
                     "? or Esc closes this card");
  Rect left = inside;
  const Rect right = left.cut_right((inside.w - painter.px(28)) / 2, painter.px(28));
  draw_keys(painter, left, row, kFire);
  draw_keys(painter, right, row, kLook);
}

}  // namespace forkscope::views
