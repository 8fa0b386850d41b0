// Client connections to the server that is looked at. They never block; whoever owns one waits for
// it with poll(2) or epoll(7).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <future>
#include <optional>
#include <string>

#include "os/unique_fd.h"

namespace forkscope::net {

/// A resolved address and how to name it in a Host header or on a command line.
struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  std::string authority;  ///< "127.0.0.1:8000", "[::1]:8000"
};

/// The address of that server; nothing when it means no address.
using AddressLookup = std::shared_future<std::optional<TcpAddress>>;
/// Returns at once, and the lookup is ready if `host` is a number. A name may be asked for over the
/// network, for as long as the resolver likes (resolv.conf(5)): a thread of its own does that,
/// which ends by itself, whether anybody still waits for it or not.
AddressLookup look_up(const std::string& host, std::uint16_t port);
bool is_ready(const AddressLookup& lookup);

/// Begins to connect: writable means connected, or failed (see connect_error()). An empty
/// descriptor: failed at once, errno says why.
os::UniqueFd begin_connect(const TcpAddress& address);

/// The outcome of begin_connect() once the socket is writable: 0 or an errno.
int connect_error(int fd);

}  // namespace forkscope::net
