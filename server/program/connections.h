// How many connections a program has, as the kernel counts them: TCP sockets of its processes that
// are established on the server's port.
//
// A look at the kernel's table of sockets (/proc/net/tcp, or tcp6) and, where there is such a
// socket at all, at the open files of every process of the tree (proc(5)). That takes as long as
// the table is large and there are processes, a millisecond or two, so looks are as far apart as a
// hundred times the CPU time of the latest one: a hundredth of a core at most.
//
// One per reporter, which is the root of the tree.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "os/deadline.h"

namespace forkscope::program {

class Connections {
 public:
  /// Where the server listens.
  Connections(std::string_view host, std::uint16_t port);

  os::Deadline due() const { return due_; }
  std::uint64_t count(std::uint64_t now_ns);

 private:
  static constexpr std::chrono::milliseconds kApart{200};

  const char* const table_;  ///< Sockets of IPv6 are in another one, also with clients of IPv4.
  const std::uint16_t port_;
  os::Deadline due_ = os::Deadline::at(0);
};

}  // namespace forkscope::program
