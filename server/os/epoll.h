// An epoll instance (epoll(7)). Owns its descriptor; borrows those it watches.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "os/unique_fd.h"

namespace forkscope::os {

class Epoll {
 public:
  /// Throws std::system_error.
  Epoll();

  int fd() const { return fd_.get(); }

  /// `events` are EPOLLIN and so on; `token` comes back with each event. Throws
  /// std::system_error.
  void add(int fd, std::uint32_t events, std::uint64_t token);
  void modify(int fd, std::uint32_t events, std::uint64_t token);
  void remove(int fd);

  /// Waits for at most `timeout_ms` (-1: without end; 0: not at all). A signal that interrupts
  /// the wait gives an empty result. Valid until the next call.
  std::span<const epoll_event> wait(int timeout_ms);

 private:
  UniqueFd fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace forkscope::os
