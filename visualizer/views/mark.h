// How states and events look in the window: the colour and the shape; the word is that of
// words/look.h. Always all three.
#pragma once

#include <imgui.h>

#include <string_view>

#include "forkscope/telemetry/worker_report.h"
#include "views/painter.h"
#include "views/view.h"
#include "words/look.h"

namespace forkscope::views {

struct Mark {
  Shape shape;
  ImU32 color;
  std::string_view word;  ///< What the pointer on it is told of (words/glossary.h).
};

Mark mark_of(words::Look look, const Palette& colors);
Mark mark_of(telemetry::EventKind event, const Palette& colors);
/// Of the end of a process that was asked to go: no death.
Mark mark_of_planned_exit(const Palette& colors);

/// Fits a circle of `radius`; `edge` outlines the cross and the square.
void draw_mark(const Painter& painter, const Mark& mark, ImVec2 center, float radius, ImU32 edge);

/// The look of a worker at the view time.
words::Look steady_look(const View& view, const telemetry::WorkerReport& worker);

bool is_hung(words::Look look);   ///< Hung, with or without SIGABRT on its way.
bool is_dead(words::Look look);   ///< No process.
bool is_alarm(words::Look look);  ///< Either: such a row never shrinks.

}  // namespace forkscope::views
