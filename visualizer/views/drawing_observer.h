// Sees what a painter draws, in the order in which it is drawn: for tests that measure what is on
// the screen. Nobody else has one.
#pragma once

#include <imgui.h>

#include <string_view>

#include "views/geometry.h"
#include "views/theme.h"

namespace forkscope::views {

class DrawingObserver {
 public:
  virtual ~DrawingObserver() = default;

  /// A text whose first glyph has its upper left corner at `at`; only what is in `clip` is seen.
  virtual void text(Type type, ImVec2 at, ImU32 color, std::string_view text, const Rect& clip) = 0;
  /// An area, over whatever lies there.
  virtual void area(const Rect& rect, ImU32 color, const Rect& clip) = 0;
  /// A frame, as around a key.
  virtual void outline(const Rect& rect, const Rect& clip) = 0;
  /// A shape that fits a circle.
  virtual void shape(ImVec2 center, float radius, const Rect& clip) = 0;
};

}  // namespace forkscope::views
