// The few fields of /proc/<pid>/stat that tell one process from another, and a sleeper from a
// spinner (proc(5)). Any process may ask.
#pragma once

#include <cstdint>

namespace forkscope::telemetry {

struct ProcessStat {
  char state = '?';             ///< R, S, D, T (stopped), t (traced), Z …; '?' = no such process.
  std::uint64_t cpu_ticks = 0;  ///< User and system time, in clock ticks.
  std::uint64_t start_ticks = 0;  ///< Start time after boot: with the pid, unique.
  std::uint32_t core = 0;         ///< Number of the CPU that it last ran on.
};

ProcessStat process_stat(std::uint32_t pid);

/// Field 22 alone; 0 when there is no such process.
std::uint64_t process_start_ticks(std::uint32_t pid);

}  // namespace forkscope::telemetry
