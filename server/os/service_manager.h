// What a service manager such as systemd wants to hear from a service: sd_notify(3), without its
// library. The protocol is one datagram per message to the Unix socket that $NOTIFY_SOCKET names.
//
// Nothing happens where there is none. Primary only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/deadline.h"
#include "os/unique_fd.h"

namespace forkscope::os {

class ServiceManager {
 public:
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment.
  ServiceManager();

  /// "READY=1" and the like. Never blocks; what can't be delivered is lost.
  void notify(std::string_view message) const;
  /// Sends "WATCHDOG=1" whenever half of the time is over after which we would be taken for dead.
  void keep_alive(std::uint64_t now_ns);

 private:
  UniqueFd socket_;
  std::string address_;  ///< As in sun_path: a leading NUL for an abstract one.
  std::chrono::nanoseconds interval_{};
  Deadline next_;  ///< Never, if nobody watches.
};

}  // namespace forkscope::os
