// One HTTP request on a connection of its own, of which only the end matters.
//
// Owns its socket. Nothing blocks: poll() does what can be done at once. The answer is read away;
// the server closes the connection after it, or by dying.
#pragma once

#include <cstddef>
#include <string>

#include "net/tcp_client.h"
#include "os/unique_fd.h"

namespace forkscope::live {

class OneShotRequest {
 public:
  /// Begins to connect. `bytes` is the whole request; it should say `Connection: close`.
  OneShotRequest(const net::TcpAddress& address, std::string bytes);

  enum class Progress {
    running,
    ended,   ///< The server closed the connection, after its answer or instead of it.
    failed,  ///< Not sent: nobody listens, or the connection broke.
  };
  Progress poll();

 private:
  os::UniqueFd socket_;
  std::string bytes_;
  std::size_t sent_ = 0;
};

}  // namespace forkscope::live
