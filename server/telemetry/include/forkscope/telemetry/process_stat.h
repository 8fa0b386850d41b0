// The few fields of /proc/<pid>/stat and status that tell one process from another, a sleeper from
// a spinner, and one that has crashed from one that goes on (proc(5)). Any process may ask.
#pragma once

#include <cstdint>

namespace forkscope::telemetry {

struct ProcessStat {
  std::uint32_t parent = 0;
  char state = '?';             ///< R, S, D, T (stopped), t (traced), Z …; '?' = no such process.
  std::uint64_t cpu_ticks = 0;  ///< User and system time, in clock ticks.
  std::uint64_t start_ticks = 0;  ///< Start time after boot: with the pid, unique.
  std::uint32_t core = 0;         ///< Number of the CPU that it last ran on.
};

ProcessStat process_stat(std::uint32_t pid);

/// Field 22 alone; 0 when there is no such process.
std::uint64_t process_start_ticks(std::uint32_t pid);

/// How far the kernel is in ending a process, either of which takes as long as its memory is large.
enum class Ending {
  none,
  dumps_core,  ///< "CoreDumping: 1" in /proc/<pid>/status.
  exits,       ///< It has no memory any more: no "VmSize" there. A zombie is one as well.
};

Ending process_ending(std::uint32_t pid);

}  // namespace forkscope::telemetry
