#include "program/connections.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/process_tree.h"

namespace forkscope::program {

namespace {

constexpr unsigned kEstablished = 1;  // TCP_ESTABLISHED

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Inodes of the sockets that are established on that port, from a table of the kernel.
void add_established(const char* table, std::uint16_t port, std::set<unsigned long>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the headings
  while (std::getline(file, line)) {
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

std::uint64_t Connections::count(std::uint64_t now_ns) {
  std::set<unsigned long> inodes;
  add_established("/proc/self/net/tcp", port_, inodes);
  add_established("/proc/self/net/tcp6", port_, inodes);
  std::uint64_t count = 0;
  if (!inodes.empty()) {
    const auto tree = telemetry::process_tree(static_cast<std::uint32_t>(::getpid()));
    for (const auto& process : tree) count += take_those_of(process.pid, inodes);
  }
  const std::uint64_t then_ns = telemetry::now_ns();
  const std::chrono::nanoseconds took(then_ns - std::min(now_ns, then_ns));
  due_ = os::Deadline::after(then_ns, std::max<std::chrono::nanoseconds>(kApart, 100 * took));
  return count;
}

}  // namespace forkscope::program
