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
// With many workers CORES moves down beside LATENCY, and the whole width is theirs; what is least
// worth its place goes first when there is little of it. A presenter has no buttons and no log:
// everything else is bigger instead; and a lesson has the whole right column.
#pragma once

#include <cstddef>

#include "views/geometry.h"
#include "views/theme.h"

namespace forkscope::views {

/// Rectangles without an area are not drawn.
struct Layout {
  Rect top_line;
  Rect incidents;
  Rect why;
  Rect body;  ///< Everything between the incidents and the time; for cards over it.
  Rect cores;
  Rect workers;
  Rect latency;
  Rect events;
  Rect answers;
  Rect fire;
  Rect lesson;
  Rect time;
};

/// What the grid depends on beside the window's size.
struct Contents {
  std::size_t strips = 1;  ///< Incidents to show, at least 1.
  std::size_t workers = 0;
  bool why = false;
  bool lesson = false;
  bool presenter = false;
  bool replay = false;  ///< There is nothing to fire at.
};

inline constexpr std::size_t kMostStrips = 3;
inline constexpr float kStripUnits = 62;
inline constexpr float kStripGap = 5;
inline constexpr std::size_t kMostFullRows = 16;   // workers; above: two columns
inline constexpr std::size_t kMostInColumns = 48;  // above: tiles

Layout compute_layout(ImVec2 size, const Theme& theme, const Contents& contents);

}  // namespace forkscope::views
