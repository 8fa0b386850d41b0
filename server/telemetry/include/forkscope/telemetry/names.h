// Words for the numbers of the segment: the log, JSON and the visualizer use the same. A number
// that has no name is told as such, whatever the segment held.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

std::string_view to_string(Method method);      ///< "GET"; "?" for other.
std::string_view to_string(Phase phase);        ///< "idle", "handling", "committing", …
std::string_view to_string(HangKind kind);      ///< "spin", "blocked", "stopped", "" for none.
std::string_view to_string(EventKind kind);     ///< "fork", "listening", …
std::string signal_name(std::uint32_t number);  ///< "SIGKILL", or "signal 77".

}  // namespace forkscope::telemetry
