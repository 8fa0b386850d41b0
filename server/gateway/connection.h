// One client connection: its socket, the request that arrives on it, and the response that leaves.
//
//   receiving ─┬─▶ runnable      a whole request has arrived
//              ├─▶ sending       it is wrong or too slow, and the answer says so
//              └─▶ closed        the peer is gone, or idle for too long
//   runnable ──┬─▶ sending       its handler has run
//              ├─▶ parked        it writes, and another worker has the turn ──▶ as from runnable,
//              │                 or sending: that it waited for too long
//              └─▶ uncommitted   it writes, and its handler has run ──▶ sending after the flush
//   sending ───┬─▶ receiving     all is sent
//              ├─▶ lingering     all is sent, and we say no more: shutdown(SHUT_WR)
//              └─▶ closed        all is sent, and the peer has said that it says no more; or it is
//                                gone, or reads nothing for too long
//   lingering ───▶ closed        the peer has closed, is silent, or sends without an end
//
// Lingering: a socket closed with unread input sends a reset, which may destroy the response before
// the client has read it (RFC 9112 section 9.6). So the writing half is closed first, and what
// still comes in is thrown away for a while. A client that has asked for the close sends nothing
// more, and need not be waited for.
//
// Anywhere ─▶ closed: the time to drain is over, and what is left is given up; or somebody else has
// the connection, and goes on with it (abandon()).
//
// Each step that matters after the worker's death is told to its line in the ledger
// (protection/line.h).
//
// Edge-triggered: is_readable() and is_writable() remember what epoll has said until the kernel
// says otherwise. Owns the socket.
//
// Who moves the state: Conversations, with the help of the ConnectionTable (linger(), close()). But
// from `runnable` to `sending` the connection is the RequestScheduler's, which keeps it in its
// lists from one iteration to the next: until its response is complete nobody else sends on it,
// receives from it or closes it, not even when the peer is gone. What epoll says of it is noted,
// and found out by the send of the response. The one exception is the end of the time to drain,
// when EventLoop::expire() gives up everything: after serve(), and right before the lists forget
// what is closed.
#pragma once

#include <netinet/in.h>

#include <cassert>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/exchange.h"
#include "http/limits.h"
#include "http/request_framer.h"
#include "os/deadline.h"
#include "os/unique_fd.h"
#include "protection/line.h"

namespace forkscope::gateway {

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
             const http::Limits& limits, http::RequestFramer::Peer trust, protection::Line line);

  int fd() const { return fd_.get(); }
  std::uint64_t id() const { return id_; }
  std::string peer_address() const;
  /// IPv4 has it at the same place.
  int peer_port() const { return ntohs(peer_.sin6_port); }
  http::RequestFramer& framer() { return framer_; }
  protection::Line& line() { return line_; }

  State state() const { return state_; }
  /// Along the arrows above.
  void move_to(State next) {
    assert(is_arrow(state_, next));
    state_ = next;
  }
  /// To `closed`, from wherever it is.
  void abandon() { state_ = State::closed; }

  Exchange& exchange() { return exchange_; }
  /// The one at hand is over: what has arrived behind its request belongs to the next one.
  void begin_next_exchange();
  /// No exchange is over yet.
  bool is_new() const { return is_new_; }

  /// In which window of the Turnover it has come.
  std::uint64_t came_in() const { return came_in_; }
  void came(std::uint64_t window) { came_in_ = window; }

  // ── what epoll says ──
  /// From now on it says something.
  void watched() { is_watched_ = true; }
  bool is_watched() const { return is_watched_; }
  /// EPOLLIN and so on.
  void note(std::uint32_t events);
  bool is_readable() const { return is_readable_; }
  bool is_writable() const { return is_writable_; }
  /// What epoll would say by now.
  void ask_kernel();
  /// It may be readable, although epoll has not said so: let recv(2) tell.
  void look_again() { is_readable_ = true; }

  // ── input ──
  enum class Received { nothing, bytes, end, broken };
  /// One recv(2) at most, into the framer; what follows the request is kept for the next one.
  /// `bytes_received` grows by what arrived. `buffer` is scratch space of the caller.
  Received receive(std::span<char> buffer, std::uint64_t& bytes_received);
  /// What another worker has received.
  void take_over(std::string_view bytes);
  /// How much has arrived behind the request at hand.
  std::size_t pipelined_bytes() const { return pipelined_.size(); }
  /// Its end has been received: no request will follow what is here.
  bool peer_has_ended() const { return peer_has_ended_; }
  /// Throws away what arrives while lingering. `end` or `broken` once the peer has closed.
  Received discard(std::span<char> buffer);
  std::uint64_t discarded_bytes() const { return discarded_bytes_; }

  /// It has said that nothing will follow its request ("close", RFC 9112 section 9.6), and nothing
  /// has.
  bool peer_is_through() {
    return framer_.phase() == http::RequestFramer::Phase::complete &&
           !framer_.request().keep_alive && pipelined_.empty() && !is_readable_;
  }

  // ── output ──
  std::string& output() { return output_; }
  /// What is there of the response at hand, once its exchange has begun.
  std::string_view response() const {
    return std::string_view(output_).substr(exchange_.response_begin());
  }
  bool has_output() const { return sent_ < output_.size(); }
  /// One send(2) at most. False if the connection is broken.
  bool send(std::uint64_t& bytes_sent);
  /// No more will be sent.
  void shut_down_writing();
  /// A former worker, which hangs or dumps core, may still hold a copy of the socket.
  void share_socket() { shares_socket_ = true; }
  /// Before it is closed: its client hears of it, whoever holds a copy.
  void end_shared_socket() const;

  // ── how long it waits: ConnectionTable sets this, for it knows the earliest deadline of all ──
  std::uint64_t waits_since_ns() const { return waits_since_ns_; }
  os::Deadline deadline() const { return deadline_; }
  void wait(std::uint64_t since_ns, os::Deadline until) {
    waits_since_ns_ = since_ns;
    deadline_ = until;
  }
  /// Whether the wait for this part of a request begins now. True once for each.
  bool enters(http::RequestFramer::Phase phase) {
    return std::exchange(timed_phase_, phase) != phase;
  }

 private:
  std::string_view frame(std::string_view bytes);
  static constexpr bool is_arrow(State from, State to);

  os::UniqueFd fd_;
  std::uint64_t id_;
  sockaddr_in6 peer_;  ///< Or a sockaddr_in.
  http::RequestFramer framer_;
  protection::Line line_;
  std::string pipelined_;
  std::string output_;
  std::size_t sent_ = 0;
  std::uint64_t discarded_bytes_ = 0;

  State state_ = State::receiving;
  Exchange exchange_;
  std::uint64_t came_in_ = 0;
  bool is_new_ = true;
  bool is_watched_ = false;
  bool shares_socket_ = false;
  bool is_readable_ = false;
  bool is_writable_ = true;
  bool end_announced_ = false;   ///< epoll has said that the peer has closed its writing half.
  bool peer_has_ended_ = false;  ///< recv(2) has reached that end.
  std::uint64_t waits_since_ns_ = 0;
  os::Deadline deadline_;
  http::RequestFramer::Phase timed_phase_ = http::RequestFramer::Phase::idle;
};

constexpr bool Connection::is_arrow(State from, State to) {
  switch (from) {
    case State::receiving:
      return to == State::runnable || to == State::sending || to == State::closed;
    case State::runnable:
      return to == State::parked || to == State::uncommitted || to == State::sending;
    case State::parked: return to == State::uncommitted || to == State::sending;
    case State::uncommitted: return to == State::sending;
    case State::sending:
      return to == State::receiving || to == State::lingering || to == State::closed;
    case State::lingering: return to == State::closed;
    case State::closed: return false;
  }
  return false;
}

}  // namespace forkscope::gateway
