// One connection of the load generator, for one request after the other.
//
// Owns its socket, which is registered with the generator's epoll instance for as long as it is
// open (level-triggered; closing unregisters). Used by the generator's thread alone; never blocks.
#pragma once

#include <cstdint>
#include <string_view>

#include "load/response_framer.h"
#include "net/tcp_client.h"
#include "os/unique_fd.h"

namespace forkscope::load {

class ClientConnection {
 public:
  enum class State {
    closed,  ///< To be opened again at `retry_at_ns()`.
    connecting,
    idle,     ///< Ready for a request.
    waiting,  ///< A request is on its way or being worked on.
  };
  enum class Event {
    none,
    connected,
    answered,  ///< With status(); idle again, or closed when the server wants it so.
    // In all of these it is closed.
    refused,   ///< Could not connect.
    broken,    ///< It ended with a request in hand.
    nonsense,  ///< Bytes that are no answer, or that nothing has asked for.
    ended,     ///< The server closed it between two requests; nothing is lost.
  };

  State state() const { return state_; }
  std::uint64_t retry_at_ns() const { return retry_at_ns_; }
  std::uint32_t status() const { return framer_.status(); }
  std::uint32_t worker() const { return framer_.worker(); }

  /// Begins to connect; the state must be closed. `key` comes back with the epoll events.
  Event open(int epoll, std::uint64_t key, const net::TcpAddress& address, std::uint64_t now_ns);
  /// The state must be idle. `request` is small: it fits the empty socket buffer.
  Event send(std::string_view request, std::uint64_t now_ns);
  /// The socket is ready for something.
  Event on_ready(int epoll, std::uint64_t key, std::uint64_t now_ns);

 private:
  Event finish_connect(int epoll, std::uint64_t key, std::uint64_t now_ns);
  Event receive(std::uint64_t now_ns);
  Event fail(Event why, std::uint64_t now_ns);
  void close();

  os::UniqueFd socket_;
  ResponseFramer framer_;
  State state_ = State::closed;
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t backoff_ns_ = 0;  // 0 after every answer; doubles with every failure
};

}  // namespace forkscope::load
