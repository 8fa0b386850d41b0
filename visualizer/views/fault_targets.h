// What the Hang and Crash buttons request: the same target is sent, and shown as a curl line.
#pragma once

namespace forkscope::views {

inline constexpr const char* kHangTarget = "/v1/faults/hang";
inline constexpr const char* kCrashTarget = "/v1/faults/crash";

}  // namespace forkscope::views
