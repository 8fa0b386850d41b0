// The way of a dot from one place on the screen to another.
#pragma once

#include <imgui.h>

#include <optional>

namespace forkscope::views {

struct Way {
  ImVec2 from;
  ImVec2 to;
  /// How high it turns: it gets three quarters of the way up to there. Nothing: between the two.
  std::optional<float> turn = {};

  float turn_y() const { return turn.value_or((from.y + to.y) / 2); }
  /// From 0 to 1: along a cubic Bézier curve that leaves and arrives vertically.
  ImVec2 at(float t) const {
    const float u = 1 - t;
    return {u * u * (u + 3 * t) * from.x + t * t * (t + 3 * u) * to.x,
            u * u * u * from.y + 3 * u * t * turn_y() + t * t * t * to.y};
  }
  void draw(ImDrawList& list, ImU32 color, float width) const {
    list.AddBezierCubic(from, {from.x, turn_y()}, {to.x, turn_y()}, to, color, width);
  }
};

}  // namespace forkscope::views
