// Every colour on the screen, for dark rooms and for bright ones.
//
// The state colours are the Okabe-Ito palette, which people with any colour vision can tell apart;
// shape and word say the same again (look.h). Red text on black washes out on a wall: an alarm is a
// yellow slab with black text.
#pragma once

#include <imgui.h>

namespace forkscope::views {

enum class ThemeKind { dark, light };

struct Palette {
  ImU32 background;
  ImU32 panel;
  ImU32 raised;  ///< Buttons and plates on a panel.
  ImU32 raised_hovered;
  ImU32 line;  ///< Frames, grid lines, empty tracks.
  ImU32 text;
  ImU32 muted;  ///< Text of the second rank; still 4.5:1 on a panel.

  ImU32 idle;
  ImU32 busy;
  ImU32 slow;
  ImU32 hung;
  ImU32 dead;
  ImU32 fresh;

  ImU32 on_alarm;   ///< Text on the yellow of `hung`.
  ImU32 hatch;      ///< Stripes over the yellow of `hung`.
  ImU32 dead_edge;  ///< Outline of the cross of a dead worker.
  ImU32 area;       ///< Fill under a curve of `busy`.
};

const Palette& palette(ThemeKind kind);

/// `color` with its opacity multiplied by 0 … 1.
ImU32 faded(ImU32 color, float opacity);

}  // namespace forkscope::views
