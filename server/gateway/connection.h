// One client connection: its socket, the request that arrives on it, and the response that leaves.
//
//   receiving ─┬─▶ runnable      a whole request has arrived
//              ├─▶ sending       it is wrong or too slow, and the answer says so
//              └─▶ closed        end of the stream, or idle for too long
//   runnable ──┬─▶ sending       its handler has run
//              ├─▶ parked        it writes, and another worker has the turn ──▶ as from runnable,
//              │                 or sending: that it waited for too long
//              └─▶ uncommitted   it writes, and its handler has run ──▶ sending after the flush
//   sending ───┬─▶ receiving     all is sent
//              └─▶ lingering     all is sent, and nothing will follow: shutdown(SHUT_WR)
//   lingering ───▶ closed        the peer has closed, is silent, or sends without an end
//
// Lingering: a socket closed with unread input sends a reset, which may destroy the response before
// the client has read it (RFC 9112 section 9.6). So the writing half is closed first, and what
// still comes in is thrown away for a while.
//
// Edge-triggered: `readable` and `writable` remember what epoll has said until the kernel says
// otherwise. Owns the socket.
//
// Who moves the state: Conversations, with the help of the ConnectionTable (linger(), close()). But
// from `runnable` to `sending` the connection is the RequestScheduler's, which keeps it in its
// lists from one iteration to the next: until its response is complete nobody else sends on it,
// receives from it or closes it, not even when the peer is gone. What epoll says of it is noted,
// and found out by the send of the response. The one exception is the end of the time to drain,
// when EventLoop::expire() closes everything: after serve(), and right before the lists forget what
// is closed.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "forkscope/telemetry/layout.h"
#include "http/limits.h"
#include "http/request_framer.h"
#include "os/unique_fd.h"

namespace forkscope::gateway {

enum class AfterResponse { keep_alive, close };

class Connection {
 public:
  enum class State {
    receiving,    ///< Waits for a request, or for the rest of one.
    runnable,     ///< A whole request is here.
    parked,       ///< A write request that waits for the turn to write.
    uncommitted,  ///< Its response waits for the commit, or for the disk.
    sending,      ///< A response is on its way.
    lingering,    ///< Everything is said; waits for the peer to close.
    closed,       ///< To be destroyed at the end of the iteration.
  };

  Connection(os::UniqueFd fd, const sockaddr_storage& peer, std::uint64_t id,
             const http::Limits& limits, http::RequestFramer::Peer trust);

  int fd() const { return fd_.get(); }
  std::uint64_t id() const { return id_; }
  const std::string& peer_address() const { return peer_address_; }
  int peer_port() const { return peer_port_; }
  http::RequestFramer& framer() { return framer_; }

  // ── input ──
  enum class Received { nothing, bytes, end, broken };
  /// One recv(2) at most, into the framer; what follows the request is kept for the next one.
  /// `bytes_received` grows by what arrived. `buffer` is scratch space of the caller.
  Received receive(std::span<char> buffer, std::uint64_t& bytes_received);
  /// Gives the framer what has arrived behind the previous request.
  void feed_pipelined();
  /// Throws away what arrives while lingering. `end` or `broken` once the peer has closed.
  Received discard(std::span<char> buffer);
  std::uint64_t discarded_bytes() const { return discarded_bytes_; }

  // ── output ──
  std::string& output() { return output_; }
  bool has_output() const { return sent_ < output_.size(); }
  /// One send(2) at most. False if the connection is broken.
  bool send(std::uint64_t& bytes_sent);
  /// No more will be sent.
  void shut_down_writing();

  State state = State::receiving;
  bool readable = false;
  bool writable = true;
  bool end_announced = false;        ///< epoll has said that the peer has closed its writing half,
  bool peer_has_ended = false;       ///< … and recv(2) has reached that end.
  bool continue_sent = false;        ///< "100 Continue", for the request at hand.
  std::uint64_t deadline_ns = 0;     ///< Of whatever `state` waits for; 0 = none.
  std::uint64_t waits_since_ns = 0;  ///< When that wait began.
  http::RequestFramer::Phase timed_phase =
      http::RequestFramer::Phase::idle;  ///< What the deadline is for.
  std::uint64_t lingers_until_ns = 0;
  std::uint64_t parked_since_ns = 0;
  telemetry::RequestRecord record{};  ///< Of the request at hand, once it has begun.
  AfterResponse after_response = AfterResponse::keep_alive;  ///< Decided when it is complete.
  int status = 0;                                            ///< Of its response, and
  std::size_t response_begin = 0;                            ///< … where that begins in output().

 private:
  os::UniqueFd fd_;
  std::uint64_t id_;
  std::string peer_address_;
  int peer_port_ = 0;
  http::RequestFramer framer_;
  std::string pipelined_;
  std::string output_;
  std::size_t sent_ = 0;
  std::uint64_t discarded_bytes_ = 0;
};

}  // namespace forkscope::gateway
