// The strips under the top line, the present first: open incidents as yellow slabs with a counting
// number, workers that may be called hung soon with a rising bar, a reload or a scaling that is
// under way; then what is over as receipts, each a line after ten seconds. There is always at least
// one strip, so that nothing below moves when the first incident begins.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "history/changes.h"
#include "history/incidents.h"
#include "views/painter.h"
#include "views/view.h"
#include "words/wait.h"

namespace forkscope::views {

/// What one strip shows; at most one of these. Nothing: all is well.
struct IncidentStrip {
  std::optional<history::Incident> incident = {};
  std::optional<words::Wait> wait = {};
  std::size_t more_waits = 0;  ///< Other workers that are on the same way.
  std::optional<history::Change> change = {};
};

/// As it was at the view time. At least one; three are drawn.
std::vector<IncidentStrip> incident_strips(const View& view);

/// How many of them `rect` has room for.
std::size_t shown_strips(const Painter& painter, const Rect& rect,
                         const std::vector<IncidentStrip>& strips);
/// The strip whose incident has its chain unfolded: of the first `shown` ones the first, from that
/// which was chosen, that has an incident.
std::optional<std::size_t> unfolded_strip(const View& view,
                                          const std::vector<IncidentStrip>& strips,
                                          std::size_t shown);

void draw_incident_strips(const Painter& painter, const Rect& rect, const View& view,
                          const std::vector<IncidentStrip>& strips);

}  // namespace forkscope::views
