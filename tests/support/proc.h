// What the kernel tells of a process: proc(5).
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

namespace forkscope::support {

/// As in the third field of /proc/<pid>/stat: 'S' sleeps, 'T' is stopped, 'Z' has ended and is not
/// reaped; and 'X' too where there is no such process any more.
inline char process_state(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return 'X';
  return text[text.rfind(')') + 2];
}

/// Gone, or a zombie that somebody else has to reap.
inline bool is_dead(pid_t pid) {
  const char state = process_state(pid);
  return state == 'Z' || state == 'X';
}

}  // namespace forkscope::support
