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
    const Rect strip{x, y, w, std::min(height, h)};
    y += shorten(h, height, gap);
    return strip;
  }
  Rect cut_bottom(float height, float gap = 0) {
    const float cut = std::min(height, h);
    const Rect strip{x, bottom() - cut, w, cut};
    shorten(h, height, gap);
    return strip;
  }
  Rect cut_left(float width, float gap = 0) {
    const Rect strip{x, y, std::min(width, w), h};
    x += shorten(w, width, gap);
    return strip;
  }
  Rect cut_right(float width, float gap = 0) {
    const float cut = std::min(width, w);
    const Rect strip{right() - cut, y, cut, h};
    shorten(w, width, gap);
    return strip;
  }

 private:
  /// Takes a strip and the gap behind it off a side; returns how much that was.
  static float shorten(float& side, float strip, float gap) {
    const float taken = std::min(std::min(strip, side) + gap, side);
    side -= taken;
    return taken;
  }
};

}  // namespace forkscope::views
