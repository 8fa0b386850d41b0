// The port as a group of sockets (SO_REUSEPORT, socket(7)): one that all workers share, and beside
// it one per slot, whose queue is one worker's alone. A program in the kernel decides which of them
// a new connection joins (steering.h).
//
// All are made once, by the primary and before the first fork, and none is closed while the server
// serves: the kernel resets what waits at a socket that is closed, and gives its number to another
// one. Whether a slot is used makes no difference to its socket, only to the program.
//
// The shared socket was bound without the option, so that a second server on the port is refused
// (os/listening_socket.h); only then has it got company.
//
// Owns the queues, not the shared socket. Primary only; workers inherit the sockets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "os/listening_socket.h"
#include "os/unique_fd.h"

namespace forkscope::balancing {

class PortGroup {
 public:
  /// `shared` is of os::listen_on(), and is borrowed; `slots` get a queue each, if the kernel has
  /// all that this needs.
  PortGroup(int shared, std::uint32_t slots);
  /// Without queues, for that reason.
  PortGroup(int shared, std::string why_no_queues);

  /// One sentence; empty where there are queues.
  const std::string& why_no_queues() const { return why_no_queues_; }
  /// By slot; none where there are no queues. Valid until close().
  const std::vector<int>& queues() const { return queues_; }

  /// New connections go by that policy from now on, to those slots' queues if it needs any. What
  /// waits already stays where it is. False, and errno: nothing has changed.
  bool steer(telemetry::BalancePolicy policy, std::span<const std::uint32_t> members);

  using Queue = os::ListenQueue;
  /// A limit of 0: there is no queue.
  Queue look(std::uint32_t slot) const;

  /// Nobody can connect any more, and whoever waits is refused: for all processes.
  void close();

 private:
  int shared_;
  std::string why_no_queues_;
  std::vector<os::UniqueFd> sockets_;
  std::vector<int> queues_;
  std::uint32_t seed_;
};

}  // namespace forkscope::balancing
