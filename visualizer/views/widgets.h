// The few things of Dear ImGui that are more than drawing, behind names that stay the same from
// 1.86 (Debian 12) to 1.92; and the two controls that are made of them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "views/painter.h"

namespace forkscope::views {

/// One undecorated window that fills the display. Always followed by end_full_screen().
Painter begin_full_screen(const Theme& theme, Pointed& pointed,
                          DrawingObserver* observer = nullptr);
void end_full_screen();

struct Press {
  bool hovered = false;
  bool clicked = false;
  bool held = false;
};

/// A place to click. `id` is unique on the screen.
Press press_area(const char* id, const Rect& rect);
/// Where the mouse is, in pixels from the left.
float mouse_x();
/// Where it is; far outside of the window while it is elsewhere.
ImVec2 mouse();

/// A small button with a text. Returns whether it was pressed.
bool chip(const Painter& painter, const char* id, const Rect& rect, std::string_view text,
          bool enabled);

/// Several in a row of which one is chosen, ending at `right`. Returns the one that was pressed;
/// `begin` is set to where the row begins.
std::optional<std::size_t> segments(const Painter& painter, const char* id, float right,
                                    float middle, std::span<const char* const> texts,
                                    std::size_t chosen, float& begin);

}  // namespace forkscope::views
