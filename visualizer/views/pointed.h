// What the pointer is at: a word, a mark or an area that is explained where it stands. Every text
// is asked for the word below the pointer as it is drawn; what is drawn last there counts.
//
// Lives for one frame.
#pragma once

#include <imgui.h>

#include "words/glossary.h"

namespace forkscope::views {

class Painter;

struct Pointed {
  ImVec2 at{};                        ///< The pointer.
  const words::Term* term = nullptr;  ///< What is there; null: nothing that is explained.
};

/// The sentence beside the pointer, while it rests. After everything else.
void draw_explanation(const Painter& painter, const Pointed& pointed, ImVec2 window);

}  // namespace forkscope::views
