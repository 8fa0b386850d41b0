#include "forkscope/telemetry/process_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace forkscope::telemetry {

ProcessStat process_stat(std::uint32_t pid) {
  ProcessStat stat;
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u/stat", pid);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return stat;
  char text[1024];
  const ssize_t bytes = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (bytes <= 0) return stat;
  text[bytes] = '\0';

  // The name, field 2, is in parentheses and may hold anything: the last ')' ends it.
  const char* rest = std::strrchr(text, ')');
  unsigned long user = 0;
  unsigned long system = 0;
  unsigned long long start = 0;
  unsigned core = 0;
  char state = '?';
  if (rest == nullptr ||
      std::sscanf(rest + 1,
                  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d"
                  " %llu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %u",
                  &state, &user, &system, &start, &core) != 5) {
    return stat;
  }
  stat.state = state;
  stat.cpu_ticks = user + system;
  stat.start_ticks = start;
  stat.core = core;
  return stat;
}

std::uint64_t process_start_ticks(std::uint32_t pid) { return process_stat(pid).start_ticks; }

}  // namespace forkscope::telemetry
