// Client connections to the server that is looked at. They never block; whoever owns one waits for
// it with poll(2) or epoll(7).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "net/descriptor.h"

namespace forkscope::net {

/// A resolved address and how to name it in a Host header or on a command line.
struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  std::string authority;  ///< "127.0.0.1:8000", "[::1]:8000"
};

/// `host` as the server listens on it: a wildcard address becomes the loopback address. May ask the
/// resolver when it is a name. Nothing when it means no address.
std::optional<TcpAddress> resolve(const std::string& host, std::uint16_t port);

/// Begins to connect: writable means connected, or failed (see connect_error()). An empty
/// descriptor: failed at once, errno says why.
Descriptor begin_connect(const TcpAddress& address);

/// The outcome of begin_connect() once the socket is writable: 0 or an errno.
int connect_error(int fd);

}  // namespace forkscope::net
