// What the kernel tells of a process: proc(5).
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
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

/// All of a process group that live.
inline std::set<pid_t> living_in_group(pid_t group) {
  std::set<pid_t> living;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;  // it has gone meanwhile
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    char state = 'X';
    pid_t parent = 0;
    pid_t its_group = 0;
    fields >> state >> parent >> its_group;
    if (its_group == group && state != 'Z' && state != 'X') living.insert(std::stoi(name));
  }
  return living;
}

/// That its first thread has used so far (/proc/<pid>/schedstat).
inline std::chrono::nanoseconds cpu_time(pid_t pid) {
  std::ifstream schedstat("/proc/" + std::to_string(pid) + "/schedstat");
  std::int64_t ns = 0;
  schedstat >> ns;
  return std::chrono::nanoseconds(ns);
}

/// Voluntary and involuntary context switches of a process: an idle one that makes no system calls
/// has none.
inline long context_switches(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  long sum = 0;
  while (std::getline(status, line)) {
    if (line.find("ctxt_switches:") != std::string::npos)
      sum += std::stol(line.substr(line.find(':') + 1));
  }
  return sum;
}

inline std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace forkscope::support
