// The servers that run, to choose from: a chip in the top line that says which one is looked at,
// and a card with all of them. Neither is there while only one server runs.
#pragma once

#include <cstddef>
#include <optional>

#include "views/painter.h"
#include "views/view.h"

namespace forkscope::views {

/// "port 8000" with the key that opens the list, from `x` on. Returns where it ends: at `x` when
/// there is no other server.
float draw_server_chip(const Painter& painter, float x, const Rect& line, const View& view);

/// Takes the mouse for the card, and for all that lies below it: call it before anything else is
/// drawn. Returns the row under the mouse.
std::optional<std::size_t> press_server_list(const Painter& painter, ImVec2 window,
                                             const View& view);
/// Over everything that is drawn already.
void draw_server_list(const Painter& painter, ImVec2 window, const View& view,
                      std::optional<std::size_t> under_mouse);

}  // namespace forkscope::views
