// The listening TCP socket of the server: made by the primary, inherited by every worker. It may
// have others beside it (balancing/port_group.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/unique_fd.h"

namespace forkscope::os {

struct ListeningSocket {
  UniqueFd fd;
  std::string address;     ///< Numeric: "127.0.0.1", "::1", "fe80::1%eth0".
  std::uint16_t port = 0;  ///< The kernel's choice when 0 was asked for.
  /// Where the host is a name with several addresses: those that are not listened on.
  std::vector<std::string> left_out = {};
};

/// Non-blocking, with TCP_NODELAY (accepted sockets inherit it) and a backlog of 4096. `host` is
/// an address or a name; of a name the first address that can be had. Nobody else may have the
/// port; listen_beside() may. Throws std::system_error whose text names host and port.
ListeningSocket listen_on(const std::string& host, std::uint16_t port);

/// One more socket like that one, on the same address and port, with a queue of its own
/// (SO_REUSEPORT). Which of them a connection joins, the kernel decides. Throws std::system_error.
UniqueFd listen_beside(int listening_socket);

struct ListenQueue {
  std::uint32_t length = 0;  ///< Connections that nobody has accepted.
  std::uint32_t limit = 0;   ///< Room for them.
};
/// Of a listening socket tcpi_unacked is the length of its queue, and tcpi_sacked its limit
/// (TCP_INFO, tcp(7); tcp_get_info() of the kernel). Nothing where neither is told: QEMU's user
/// mode answers with its first bytes alone.
std::optional<ListenQueue> listen_queue(int listening_socket);

/// What systemd's socket activation has handed to this process (sd_listen_fds(3)).
struct InheritedSocket {
  int fd = -1;
  std::string host;  ///< The address it listens on.
  std::uint16_t port = 0;
};
/// Takes LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES out of the environment. Nothing when they are
/// not there or meant for another process. Throws std::runtime_error for more than one socket, and
/// for one that is not a listening TCP socket.
std::optional<InheritedSocket> inherited_listening_socket();

/// Whoever gets it from now on has it as service managers hand one over, which is blocking. For all
/// who share it: only before anybody does.
void make_blocking(int listening_socket);

/// Makes such a socket one like those of listen_on(), and owns it.
ListeningSocket adopt_listening_socket(int fd);

/// Whether every address of `host` is a loopback address.
bool is_loopback(const std::string& host);

}  // namespace forkscope::os
