// The faults that the buttons and keys request: the same target is sent, and shown as a curl line.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace forkscope::views {

inline constexpr std::array<const char*, 2> kHangModes{"spin", "sleep"};
inline constexpr std::array<const char*, 4> kCrashWays{"segv", "abort", "throw", "exit"};

/// The first way is the server's own choice and need not be named.
inline std::string hang_target(std::size_t mode) {
  return std::string("/v1/faults/hang") + (mode == 0 ? "" : "?mode=") +
         (mode == 0 ? "" : kHangModes[mode % kHangModes.size()]);
}
inline std::string crash_target(std::size_t way) {
  return std::string("/v1/faults/crash") + (way == 0 ? "" : "?how=") +
         (way == 0 ? "" : kCrashWays[way % kCrashWays.size()]);
}

}  // namespace forkscope::views
