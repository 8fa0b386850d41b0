// How many connections a program has, as the kernel counts them: TCP sockets of its processes that
// are established on the server's port.
//
// A look at /proc/net/tcp and, where there is such a socket at all, at the open files of every
// process of the tree (proc(5)). That takes as long as there are sockets and processes, so looks are
// as far apart as fifty times the CPU time of the latest one: a fiftieth of a core at most.
//
// One per reporter, which is the root of the tree.
#pragma once

#include <chrono>
#include <cstdint>

#include "os/deadline.h"

namespace forkscope::program {

class Connections {
 public:
  explicit Connections(std::uint16_t port) : port_(port) {}

  os::Deadline due() const { return due_; }
  std::uint64_t count(std::uint64_t now_ns);

 private:
  static constexpr std::chrono::milliseconds kApart{200};

  std::uint16_t port_;
  os::Deadline due_ = os::Deadline::at(0);
};

}  // namespace forkscope::program
