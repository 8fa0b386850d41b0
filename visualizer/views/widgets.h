// The few things of Dear ImGui that are more than drawing, behind names that stay the same from
// 1.86 (Debian 12) to 1.92.
#pragma once

#include <string_view>

#include "views/painter.h"

namespace forkscope::views {

/// One undecorated window that fills the display. Always followed by end_full_screen().
Painter begin_full_screen(const Theme& theme);
void end_full_screen();

struct Press {
  bool hovered = false;
  bool clicked = false;
};

/// A place to click. `id` is unique on the screen.
Press press_area(const char* id, const Rect& rect);

}  // namespace forkscope::views
