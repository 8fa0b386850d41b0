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
  /// std::system_error: for what the process cannot do without.
  void add(int fd, std::uint32_t events, std::uint64_t token);
  /// The same for what others need. False, with errno set, where the kernel has no room for it:
  /// ENOSPC, the user has too many watched (max_user_watches, epoll(7)), or ENOMEM.
  [[nodiscard]] bool try_add(int fd, std::uint32_t events, std::uint64_t token);
  /// Of one that has been added and is still open: then neither can fail (epoll_ctl(2)).
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
