// The grid: where each panel lies, computed from the window's size, the number of workers and what
// is open; nothing ever overlaps.
//
//   ┌ top line ─────────────────────────────────────────────┐
//   ├ incidents (one to three strips), why? ────────────────┤
//   ├─────────┬─────────────────────────────┬───────────────┤
//   │ CORES   │ WORKERS                     │ WHO ANSWERED  │
//   │         │                             │               │
//   ├─────────┴──────────┬──────────────────┼───────────────┤
//   │ LATENCY            │ EVENTS           │ FIRE / LESSON │
//   ├────────────────────┴──────────────────┴───────────────┤
//   └ time ─────────────────────────────────────────────────┘
//
// Where the window is low, the later strips give way to what is below them, and then the chain of
// events. With many workers CORES moves down beside LATENCY, and the whole width is theirs; what is
// least worth its place goes first when there is little of it. A presenter has no buttons and no
// log: everything else is bigger instead; and a lesson has the whole right column. What each panel
// takes of its place, and who draws it, is in the table of panels.h.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "views/geometry.h"
#include "views/panels.h"
#include "views/theme.h"

namespace forkscope::views {

struct PlacedPanel {
  const Panel* panel;
  Rect rect;
};

/// Rectangles without an area are not drawn.
struct Layout {
  Rect top_line;
  Rect incidents;
  Rect why;
  Rect body;  ///< Everything between the incidents and the time; for cards over it.
  Rect time;
  std::vector<PlacedPanel> panels;  ///< All of them, in the order of the table.

  /// Of the panel of that name; there has to be one.
  const Rect& panel(std::string_view name) const;
};

inline constexpr std::size_t kMostStrips = 3;
inline constexpr float kStripUnits = 62;
inline constexpr float kStripGap = 5;

Layout compute_layout(ImVec2 size, const Theme& theme, const Contents& contents);

}  // namespace forkscope::views
