// The one listening TCP socket of the server: made by the primary, inherited by every worker.
#pragma once

#include <cstdint>
#include <string>

#include "os/unique_fd.h"

namespace forkscope::os {

struct ListeningSocket {
  UniqueFd fd;
  std::uint16_t port = 0;  ///< The kernel's choice when 0 was asked for.
};

/// Non-blocking, with TCP_NODELAY (accepted sockets inherit it) and a backlog of 4096. `host` is
/// an address or a name. Throws std::system_error whose text names host and port.
ListeningSocket listen_on(const std::string& host, std::uint16_t port);

/// Whether every address of `host` is a loopback address.
bool is_loopback(const std::string& host);

}  // namespace forkscope::os
