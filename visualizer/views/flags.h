// Flags over a graph of the last 30 seconds: what happened to workers, and to their protection
// and balance, when.
#pragma once

#include <vector>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// A thin line through `plot` for each of them, with its shape at the height `middle`.
void draw_flags(const Painter& painter, const Rect& plot, float middle, const View& view);

/// Where the middles of flags are, `pitch` wide each, between `left` and `right`: each over its
/// line, and those that would cover each other side by side over the middle of theirs. `lines`
/// ascend; so do the places. What has no room at all ends behind `right`.
std::vector<float> flag_places(const std::vector<float>& lines, float pitch, float left,
                               float right);

}  // namespace forkscope::views
