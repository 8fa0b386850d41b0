// The panels of the grid, and the rules by which they share it. A new panel is its own pair of
// files (a function that draws), one row of the table in panels.cpp, and one line in
// CMakeLists.txt: grid and screen work from the table alone.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// What the grid depends on beside the window's size.
struct Contents {
  std::size_t strips = 1;  ///< Incidents to show, at least 1.
  std::size_t workers = 0;
  bool why = false;
  bool lesson = false;
  bool presenter = false;
  bool replay = false;      ///< There is nothing to fire at.
  bool comparison = false;  ///< There are rows of it, or will be.
};

/// The parts of the grid that panels share.
enum class Place {
  right,           ///< The column on the right, as high as the grid.
  middle,          ///< Between the incidents and the graphs.
  bottom,          ///< The row below it; it has no height when the workers need all of it.
  beside_workers,  ///< The middle; with very many workers, the bottom.
};

/// Which strip of its place a panel takes.
enum class Strip { left, right, bottom, rest };

/// What is left of a place when it is a panel's turn.
struct Space {
  Rect left;
  float unit;    ///< Pixels (views/theme.h).
  float narrow;  ///< Below 1 on a narrow window, whose side panels give way first.
  float gap;     ///< Pixels between panels.
  const Contents& contents;
};

struct Panel {
  std::string_view name;  ///< In capitals, as at its head.
  Place place;
  Strip strip;
  /// The strip's width (left, right) or height (bottom) in pixels; 0: the panel is not shown. Of
  /// `rest` only whether it is 0 matters.
  float (*extent)(const Space&);
  void (*draw)(const Painter&, const Rect&, const View&);
};

/// The height that the words of a lesson need in a panel of that width, in pixels.
float lesson_least(float width, float unit);

/// In the order in which they take their strips.
std::span<const Panel> panels();

inline constexpr std::size_t kMostFullRows = 16;   // workers; above: two columns
inline constexpr std::size_t kMostInColumns = 48;  // above: tiles, and nothing beside them

}  // namespace forkscope::views
