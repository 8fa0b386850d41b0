// Why? The chain of events of one incident, from the request that was received to the successor
// that serves, each with its time since the beginning.
#pragma once

#include "history/incidents.h"
#include "views/painter.h"
#include "words/glossary.h"

namespace forkscope::views {

/// `incident` as it was at the view time.
void draw_why(const Painter& painter, const Rect& rect, const history::Incident& incident,
              words::Tone tone);

}  // namespace forkscope::views
