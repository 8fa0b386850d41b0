// Which key does what.
#pragma once

#include <optional>

#include "app/window.h"
#include "views/view.h"

namespace forkscope::app {

/// Nothing for a key without a meaning.
std::optional<views::Command> command_of(const KeyPress& press);

}  // namespace forkscope::app
