// What the program is called, for its messages: as it was started, so that they name a server of
// somebody else's as its user knows it.
#pragma once

#include <cerrno>
#include <string>

namespace forkscope::os {

/// Without its folder; program_invocation_short_name(3).
inline std::string program_name() { return program_invocation_short_name; }

}  // namespace forkscope::os
