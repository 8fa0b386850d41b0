#include "program/connections.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "forkscope/telemetry/process_tree.h"

namespace forkscope::program {

namespace {

constexpr unsigned kEstablished = 1;  // TCP_ESTABLISHED

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Inodes of the sockets that are established on that port, from a table of the kernel.
void add_established(const char* table, std::uint16_t port, std::set<unsigned long>& inodes) {
  char port_in_table[8];  // only the lines that have it somewhere are worth more than a look
  std::snprintf(port_in_table, sizeof port_in_table, ":%04X ", port);
  std::ifstream file(table);
  std::string line;
  while (std::getline(file, line)) {
    if (line.find(port_in_table) == std::string::npos) continue;
    unsigned local_port = 0;
    unsigned state = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(),
                    " %*[^:]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu",
                    &local_port, &state, &inode) == 3 &&
        local_port == port && state == kEstablished) {
      inodes.insert(inode);
    }
  }
}

/// That this process has used so far.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// Takes out of `inodes` those that the process has open; returns how many. Sockets that several
/// processes have open count once.
std::uint64_t take_those_of(std::uint32_t pid, std::set<unsigned long>& inodes) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, CloseDirectory> files(::opendir(path.c_str()));
  std::uint64_t count = 0;
  while (const dirent* entry = files ? ::readdir(files.get()) : nullptr) {
    char target[64];
    const ssize_t bytes =
        ::readlinkat(::dirfd(files.get()), entry->d_name, target, sizeof target - 1);
    if (bytes < 0) continue;
    target[bytes] = '\0';
    unsigned long inode = 0;
    if (std::sscanf(target, "socket:[%lu]", &inode) == 1) count += inodes.erase(inode);
  }
  return count;
}

}  // namespace

Connections::Connections(std::string_view host, std::uint16_t port)
    : table_(host.find(':') == std::string_view::npos ? "/proc/self/net/tcp"
                                                      : "/proc/self/net/tcp6"),
      port_(port) {}

std::uint64_t Connections::count(std::uint64_t now_ns) {
  const auto before = cpu_time();
  std::set<unsigned long> inodes;
  add_established(table_, port_, inodes);
  std::uint64_t count = 0;
  if (!inodes.empty()) {
    const auto tree = telemetry::process_tree(static_cast<std::uint32_t>(::getpid()));
    for (const auto& process : tree) count += take_those_of(process.pid, inodes);
  }
  const auto pause = std::max<std::chrono::nanoseconds>(kApart, 100 * (cpu_time() - before));
  due_ = os::Deadline::after(now_ns, pause);
  return count;
}

}  // namespace forkscope::program
