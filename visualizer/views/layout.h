// The grid: where each panel lies, computed from the window's size alone (and how many incidents
// there are to tell), so that nothing ever overlaps.
//
//   ┌ top line ─────────────────────────────────────────────┐
//   ├ incidents (one to three strips) ──────────────────────┤
//   ├─────────┬─────────────────────────────┬───────────────┤
//   │ CORES   │ WORKERS                     │ WHO ANSWERED  │
//   │         │                             │               │
//   │         ├─────────────────────────────┼───────────────┤
//   │         │ EVENTS                      │ FIRE          │
//   └─────────┴─────────────────────────────┴───────────────┘
#pragma once

#include <cstddef>

#include "views/geometry.h"
#include "views/theme.h"

namespace forkscope::views {

struct Layout {
  Rect top_line;
  Rect incidents;
  Rect body;  ///< Everything below the incidents; for cards over it.
  Rect cores;
  Rect workers;
  Rect events;
  Rect notice;  ///< In the head of EVENTS, behind its title.
  Rect answers;
  Rect fire;
};

inline constexpr float kStripUnits = 62;

/// `strips` ≥ 1; `workers` decides how WORKERS and EVENTS share their column.
Layout compute_layout(ImVec2 size, const Theme& theme, std::size_t strips, std::size_t workers);

}  // namespace forkscope::views
