// The way of a dot from one place on the screen to another.
#pragma once

#include <imgui.h>

namespace forkscope::views {

struct Way {
  ImVec2 from;
  ImVec2 to;

  float middle() const { return (from.y + to.y) / 2; }
  /// From 0 to 1: along a cubic Bézier curve that leaves and arrives vertically.
  ImVec2 at(float t) const {
    const float u = 1 - t;
    return {u * u * (u + 3 * t) * from.x + t * t * (t + 3 * u) * to.x,
            u * u * u * from.y + 3 * u * t * middle() + t * t * t * to.y};
  }
  void draw(ImDrawList& list, ImU32 color, float width) const {
    list.AddBezierCubic(from, {from.x, middle()}, {to.x, middle()}, to, color, width);
  }
};

}  // namespace forkscope::views
