// One HTTP request on a connection of its own. Of the answer the head is kept, and the rest read
// away.
//
// Owns its socket. Nothing blocks: poll() does what can be done at once. The server closes the
// connection after its answer, or by dying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/tcp_client.h"
#include "os/unique_fd.h"

namespace forkscope::live {

class OneShotRequest {
 public:
  /// Begins to connect. The request has no body.
  OneShotRequest(const net::TcpAddress& address, const std::string& method,
                 const std::string& target);

  enum class Progress {
    running,
    ended,   ///< The server closed the connection, after its answer or instead of it.
    failed,  ///< Not sent: nobody listens, or the connection broke.
  };
  Progress poll();

  /// Of the answer; 0 until its head is there.
  std::uint32_t status() const;
  /// A field of the answer's head, without the spaces around it. Empty: it has none of that name.
  std::string field(std::string_view name) const;

 private:
  static constexpr std::size_t kMostHeadBytes = 16 * 1024;

  bool has_head() const;

  os::UniqueFd socket_;
  std::string bytes_;
  std::size_t sent_ = 0;
  std::string answer_;  // as far as it is kept
};

}  // namespace forkscope::live
