// What is said where a server lacks what keys, buttons and lessons ask for (picture/offer.h).
#pragma once

#include <string>

#include "forkscope/telemetry/layout.h"

namespace forkscope::words {

inline constexpr const char* kFaultsAreOff = "Faults are off: start the server with --faults on.";

/// To whoever wants to share the port in another way.
inline constexpr const char* kOneWay = "This server knows one way to share its port.";

// Other ways to do such harm: by keys, and where there is no such key, in a shell.
inline constexpr const char* kFreezeByKey = "freeze a worker with F";
inline constexpr const char* kKillByKey = "kill a worker with K";
inline constexpr const char* kFreezeByShell = "freeze a worker with kill -STOP and its pid";

/// "This server has no /v1/faults: freeze a worker with F instead." `instead`: one of those above,
/// or nothing.
inline std::string no_faults(const std::string& instead) {
  return "This server has no /v1/faults" + (instead.empty() ? "" : ": " + instead + " instead") +
         '.';
}
/// The same on a button.
inline std::string no_faults_here(const std::string& instead) {
  return "no /v1/faults here: " + instead;
}
/// To whoever wants a lesson there.
inline constexpr const char* kLessonNeedsFaults =
    "This lesson asks for /v1/faults, and this server has none of it: nothing would happen, and "
    "nothing could be measured. F freezes a worker all the same, and K kills one.";

/// Behind "No incident so far.": what to do about it, with faults and without.
inline constexpr const char* kInviteToHang = " Press H, and one worker will hang.";
inline constexpr const char* kInviteToFreeze = " Press F, and one worker will freeze.";

/// To whoever wants a load. It repeats what the server has answered to somebody else, as far as
/// that is known: of a longer path there are only the last bytes.
inline constexpr const char* kNoLoad =
    "This server has no /v1/todos: ask it for a page first, with a path of at most 16 letters, and "
    "the load asks for the same.";
static_assert(telemetry::kRequestPathBytes == 16);
/// The same on a button.
inline constexpr const char* kNoLoadHere = "no /v1/todos here: ask it for a page first";

}  // namespace forkscope::words
