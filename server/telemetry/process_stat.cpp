#include "forkscope/telemetry/process_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "os/unique_fd.h"

namespace forkscope::telemetry {

namespace {

/// The beginning of /proc/<pid>/<name>, as a C string; false if there is no such process.
template <std::size_t kBytes>
bool read_file(std::uint32_t pid, const char* name, char (&text)[kBytes]) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
  const os::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t bytes = ::read(file.get(), text, kBytes - 1);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  return true;
}

}  // namespace

ProcessStat process_stat(std::uint32_t pid) {
  ProcessStat stat;
  char text[1024];
  if (!read_file(pid, "stat", text)) return stat;

  // The name, field 2, is in parentheses and may hold anything: the last ')' ends it.
  const char* rest = std::strrchr(text, ')');
  unsigned long user = 0;
  unsigned long system = 0;
  unsigned long long start = 0;
  unsigned core = 0;
  char state = '?';
  unsigned parent = 0;
  if (rest == nullptr ||
      std::sscanf(rest + 1,
                  " %c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d"
                  " %llu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %u",
                  &state, &parent, &user, &system, &start, &core) != 6) {
    return stat;
  }
  stat.parent = parent;
  stat.state = state;
  stat.cpu_ticks = user + system;
  stat.start_ticks = start;
  stat.core = core;
  return stat;
}

std::uint64_t process_start_ticks(std::uint32_t pid) { return process_stat(pid).start_ticks; }

Ending process_ending(std::uint32_t pid) {
  char text[4096];
  if (!read_file(pid, "status", text)) return Ending::none;
  if (std::strstr(text, "\nCoreDumping:\t1") != nullptr) return Ending::dumps_core;
  return std::strstr(text, "\nVmSize:") == nullptr ? Ending::exits : Ending::none;
}

}  // namespace forkscope::telemetry
