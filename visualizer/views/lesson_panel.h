// The lesson that is open: question, guesses, what is measured, and why.
#pragma once

#include <vector>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// Where everything in the panel stands. A choice without an area is left out.
struct LessonLayout {
  Rect steps;
  Rect title;
  Rect question;
  std::vector<Rect> choices;
  Rect measured;
  Rect below;  ///< Progress, or why it is so.
  Rect next;
  bool large = false;  ///< Question and choices, where a guess is asked for and all has room.
  bool whole = false;  ///< Every text has the room that it takes: none ends in "…".
};

/// Draws nothing; `rect` is the panel's.
LessonLayout lay_out_lesson(const Painter& painter, const Rect& rect, const lessons::Page& page);

void draw_lesson(const Painter& painter, const Rect& rect, const View& view);

}  // namespace forkscope::views
