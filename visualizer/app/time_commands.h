// What keys and buttons do to the moment that is shown.
#pragma once

#include <cstdint>

#include "session/session.h"
#include "views/view.h"

namespace forkscope::app {

/// False: the command is about something else. `now_ns` is CLOCK_MONOTONIC.
bool perform_in_time(session::Session& session, const views::Command& command,
                     std::uint64_t now_ns);

}  // namespace forkscope::app
