// Every connection of a worker, how many there are, and the earliest of their deadlines.
//
// A connection that is closed stays in place until bury(), at the end of the iteration, so that no
// list that names it holds a dangling pointer until then.
//
// One per worker process, owned by its event loop. Owns the connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "forkscope/telemetry/slot_writer.h"
#include "gateway/acceptor.h"
#include "gateway/connection.h"
#include "http/limits.h"
#include "http/trusted_proxies.h"

namespace forkscope::gateway {

class ConnectionTable {
 public:
  ConnectionTable(const http::Limits& limits, const http::TrustedProxies& proxies,
                  telemetry::SlotWriter& slot)
      : limits_(limits), proxies_(proxies), slot_(slot) {}

  Connection& add(Accepted accepted);
  /// Whose descriptor that is; null: nobody's any more. A process that a handler has forked keeps
  /// copies of our sockets open, and events of one go on until the last copy is closed (epoll(7)).
  /// An event of a former connection is news to nobody, and harmless to a later one with its
  /// number.
  Connection* find(int fd) const { return by_descriptor_[static_cast<std::size_t>(fd)].get(); }
  /// `visit` may close connections, and must not add any.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& connection : by_descriptor_) {
      if (connection && connection->state != Connection::State::closed) visit(*connection);
    }
  }

  /// No request will come from it any more; what has been said may still be on its way.
  void linger(Connection& connection);
  void close(Connection& connection);

  /// Connections that may still bring a request.
  std::size_t open() const { return open_; }
  /// Nobody more may be added.
  bool full() const { return open_ >= limits_.max_connections || too_many_linger(); }
  bool too_many_linger() const {
    return living_ >= limits_.max_connections + limits_.max_lingering;
  }
  /// Nobody is left, not even one that lingers.
  bool empty() const { return living_ == 0; }

  // ── deadlines: whoever keeps us waiting until then is out of time ──
  void set_deadline(Connection& connection, std::uint64_t due_ns);
  /// No deadline is earlier, and it may be that none is left by then; 0 = there is none.
  std::uint64_t next_deadline_ns() const { return next_deadline_ns_; }
  /// The connection that `waits` of and that has done so for longest; null: of none.
  template <typename Waits>
  Connection* longest(const Waits& waits) const {
    Connection* longest = nullptr;
    for_each([&](Connection& connection) {
      if (!waits(connection)) return;
      if (longest == nullptr || connection.waits_since_ns < longest->waits_since_ns) {
        longest = &connection;
      }
    });
    return longest;
  }
  /// For each connection out of time: `visit` closes it or gives it another deadline.
  template <typename Visit>
  void expire(std::uint64_t now_ns, const Visit& visit) {
    if (next_deadline_ns_ == 0 || now_ns < next_deadline_ns_) return;
    next_deadline_ns_ = 0;
    for_each([&](Connection& connection) {
      if (connection.deadline_ns == 0) return;
      if (connection.deadline_ns <= now_ns) {
        visit(connection);
      } else {
        set_deadline(connection, connection.deadline_ns);
      }
    });
  }

  // ── the end of an iteration ──
  bool any_closed() const { return !closed_.empty(); }
  /// Destroys what was closed, and so closes the sockets.
  void bury();

 private:
  void count_open(std::size_t count);

  const http::Limits& limits_;
  const http::TrustedProxies& proxies_;
  telemetry::SlotWriter& slot_;
  std::vector<std::unique_ptr<Connection>> by_descriptor_;
  std::vector<Connection*> closed_;  ///< In this iteration.
  std::uint64_t accepted_ = 0;
  std::size_t open_ = 0;
  std::size_t living_ = 0;  ///< Those, and the ones that linger.
  std::uint64_t next_deadline_ns_ = 0;
};

/// From a list of connections those that were closed.
inline void forget_closed(std::vector<Connection*>& connections) {
  std::erase_if(connections, [](const Connection* connection) {
    return connection->state == Connection::State::closed;
  });
}

}  // namespace forkscope::gateway
