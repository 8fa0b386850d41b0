// Rectangles to lay things out with, in window pixels.
#pragma once

#include <imgui.h>

#include <algorithm>

namespace forkscope::views {

struct Rect {
  float x = 0;
  float y = 0;
  float w = 0;
  float h = 0;

  float right() const { return x + w; }
  float bottom() const { return y + h; }
  float middle() const { return y + h / 2; }
  ImVec2 min() const { return {x, y}; }
  ImVec2 max() const { return {x + w, y + h}; }
  ImVec2 center() const { return {x + w / 2, y + h / 2}; }

  Rect inset(float by) const { return inset(by, by); }
  Rect inset(float by_x, float by_y) const {
    return {x + by_x, y + by_y, std::max(0.F, w - 2 * by_x), std::max(0.F, h - 2 * by_y)};
  }

  // Each takes a strip off one side, and `gap` with it, and returns the strip.
  Rect cut_top(float height, float gap = 0) {
    height = std::min(height, h);
    const Rect strip{x, y, w, height};
    const float taken = std::min(height + gap, h);
    y += taken;
    h -= taken;
    return strip;
  }
  Rect cut_bottom(float height, float gap = 0) {
    height = std::min(height, h);
    const Rect strip{x, y + h - height, w, height};
    h -= std::min(height + gap, h);
    return strip;
  }
  Rect cut_left(float width, float gap = 0) {
    width = std::min(width, w);
    const Rect strip{x, y, width, h};
    const float taken = std::min(width + gap, w);
    x += taken;
    w -= taken;
    return strip;
  }
  Rect cut_right(float width, float gap = 0) {
    width = std::min(width, w);
    const Rect strip{x + w - width, y, width, h};
    w -= std::min(width + gap, w);
    return strip;
  }
};

}  // namespace forkscope::views
