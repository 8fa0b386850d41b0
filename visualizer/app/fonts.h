// Finds the typefaces and bakes the few sizes that the screen uses.
#pragma once

#include "views/theme.h"

namespace forkscope::app {

/// Replaces the fonts of the current Dear ImGui context by those of `theme.unit`, and puts them
/// into the theme. Where DejaVu (Debian: fonts-dejavu-core) is missing, Dear ImGui's own face is
/// used.
void load_fonts(views::Theme& theme);

}  // namespace forkscope::app
