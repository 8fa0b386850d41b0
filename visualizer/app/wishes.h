// Which wish a key or a button is: the one place where the window's view decides about it.
#pragma once

#include <optional>

#include "operation/wish.h"
#include "views/view.h"

namespace forkscope::app {

/// Nothing for a command that does nothing to a server. `view`: what is looked at when the key is
/// pressed, with the worker that is selected and the fault that is chosen in it.
std::optional<operation::Wish> wish_of(const views::Command& command, const views::View& view);

}  // namespace forkscope::app
