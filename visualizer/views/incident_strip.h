// The strips under the top line: open incidents as yellow slabs with a counting number, closed ones
// as receipts that stay. There is always at least one strip, so that nothing below moves when the
// first incident begins.
#pragma once

#include <vector>

#include "history/incidents.h"
#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// Incidents to show, as they were at the view time; the newest first. Empty strips are `worker` 0:
/// nothing has happened yet. At least one; three are drawn.
std::vector<history::Incident> incident_strips(const View& view);

void draw_incident_strips(const Painter& painter, const Rect& rect, const View& view,
                          const std::vector<history::Incident>& strips);

}  // namespace forkscope::views
