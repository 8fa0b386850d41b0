// Small graphs.
#pragma once

#include <imgui.h>

#include <span>

#include "views/painter.h"

namespace forkscope::views {

/// An area under a curve, newest value at the right edge; `top` is the value at the upper edge.
/// Neighbouring values share a point, as their mean, where there are more of them than points.
void plot_area(const Painter& painter, const Rect& rect, std::span<const float> values, float top,
               ImU32 line, ImU32 area);

/// A round number that is not below `value` (nor below 1), for a scale that stays put while the
/// figures move.
float round_top(float value);

}  // namespace forkscope::views
