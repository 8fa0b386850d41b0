// The faults that a server has on offer (docs/api.md), as the targets that request them: keys,
// buttons and lessons send these, and the lines on the screen show the same.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace forkscope::words {

inline constexpr const char* kHangPath = "/v1/faults/hang";
inline constexpr const char* kCrashPath = "/v1/faults/crash";
inline constexpr const char* kSlowPath = "/v1/faults/slow";
inline std::string slow_target(unsigned ms) {
  return std::string(kSlowPath).append("?ms=").append(std::to_string(ms));
}
/// Whatever the server would choose by itself.
inline constexpr const char* kSegfault = "/v1/faults/crash?how=segv";

inline constexpr std::array<const char*, 2> kHangModes{"spin", "sleep"};
inline constexpr std::array<const char*, 4> kCrashWays{"segv", "abort", "throw", "exit"};

/// The first mode, and the first way, is the server's own choice and need not be named.
inline std::string hang_target(std::size_t mode) {
  return std::string(kHangPath) + (mode == 0 ? "" : "?mode=") +
         (mode == 0 ? "" : kHangModes[mode % kHangModes.size()]);
}
inline std::string crash_target(std::size_t way) {
  return std::string(kCrashPath) + (way == 0 ? "" : "?how=") +
         (way == 0 ? "" : kCrashWays[way % kCrashWays.size()]);
}

}  // namespace forkscope::words
