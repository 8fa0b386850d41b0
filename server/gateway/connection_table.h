// Every connection of a worker, how many there are, and the earliest of their deadlines.
//
// A connection that is closed stays in place until bury(), at the end of the iteration, so that no
// list that names it holds a dangling pointer until then.
//
// One per worker process, owned by its event loop. Owns the connections.
#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "forkscope/telemetry/slot_writer.h"
#include "gateway/acceptor.h"
#include "gateway/connection.h"
#include "gateway/turnover.h"
#include "http/limits.h"
#include "http/trusted_proxies.h"
#include "os/deadline.h"
#include "os/epoll.h"
#include "protection/ledger.h"

namespace forkscope::gateway {

class ConnectionTable {
 public:
  /// Events of a connection come with its descriptor plus this; lower tokens are not ours.
  static constexpr std::uint64_t kFirstToken = 8;

  ConnectionTable(const http::Limits& limits, const http::TrustedProxies& proxies,
                  telemetry::SlotWriter& slot, const protection::Ledger& ledger, os::Epoll& epoll)
      : limits_(limits), proxies_(proxies), slot_(slot), ledger_(ledger), epoll_(epoll) {}

  Connection& add(Accepted accepted);
  /// One that another worker has accepted.
  Connection& adopt(Accepted accepted, const protection::Entry& entry);
  /// epoll is told of those that were added and are still there: most that bring one request are
  /// gone by now, and it need not have known of them. One for which the kernel has no room has to
  /// go.
  void watch();
  /// Whose descriptor that is; null: nobody's any more. A process that a handler has forked keeps
  /// copies of our sockets open, and events of one go on until the last copy is closed (epoll(7)).
  /// An event of a former connection is news to nobody, and harmless to a later one with its
  /// number.
  Connection* find(int fd) const {
    const auto index = static_cast<std::size_t>(fd);
    assert(index < by_descriptor_.size());  // it was added once
    return by_descriptor_[index].get();
  }
  /// `visit` may close connections, and must not add any.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& connection : by_descriptor_) {
      if (connection && connection->state() != Connection::State::closed) visit(*connection);
    }
  }

  /// No request will come from it any more; what has been said may still be on its way.
  void linger(Connection& connection);
  /// Again, too. Never while it is the RequestScheduler's (connection.h).
  void close(Connection& connection);
  /// Whatever they are in the middle of.
  void abandon_all();
  /// Somebody else has it now, and goes on with it.
  void part_with(Connection& connection);

  /// Connections that may still bring a request.
  std::size_t open() const { return open_; }
  /// How many of them are likely to stay (Turnover). A single one counts for nothing: it is seldom
  /// used, or its client has closed it and we do not know yet.
  std::uint32_t load() const {
    const std::size_t staying = turnover_.staying(open_);
    return staying > 1 ? static_cast<std::uint32_t>(staying) : 0;
  }
  /// How many have been closed lately.
  std::size_t gone() const { return turnover_.gone(); }
  /// So many more may be added, if not too many linger.
  std::size_t room() const {
    return limits_.max_connections - std::min(open_, limits_.max_connections);
  }
  /// Nobody more may be added.
  bool full() const { return open_ >= limits_.max_connections || too_many_linger(); }
  bool too_many_linger() const {
    return living_ >= limits_.max_connections + limits_.max_lingering;
  }
  /// Nobody is left, not even one that lingers.
  bool empty() const { return living_ == 0; }

  // ── deadlines: whoever keeps us waiting until then is out of time ──
  /// A wait begins.
  void wait_for(Connection& connection, std::chrono::nanoseconds limit, std::uint64_t now_ns);
  /// The wait at hand may last until then.
  void put_off(Connection& connection, os::Deadline due);
  /// No deadline is earlier, and it may be that none is left by then.
  os::Deadline next_deadline() const { return next_deadline_; }
  /// The connection that `waits` of and that has done so for longest; null: of none.
  template <typename Waits>
  Connection* longest(const Waits& waits) const {
    Connection* longest = nullptr;
    for_each([&](Connection& connection) {
      if (!waits(connection)) return;
      if (longest == nullptr || connection.waits_since_ns() < longest->waits_since_ns()) {
        longest = &connection;
      }
    });
    return longest;
  }
  /// For each connection out of time: `visit` closes it or gives it another deadline.
  template <typename Visit>
  void expire(std::uint64_t now_ns, const Visit& visit) {
    if (!next_deadline_.has_passed(now_ns)) return;
    next_deadline_ = {};
    for_each([&](Connection& connection) {
      if (connection.deadline().has_passed(now_ns)) {
        visit(connection);
      } else {
        next_deadline_ = earlier(next_deadline_, connection.deadline());
      }
    });
  }

  /// Time has gone by.
  void renew(std::uint64_t now_ns) { turnover_.renew(now_ns); }

  // ── the end of an iteration ──
  bool any_closed() const { return !closed_.empty(); }
  /// Destroys what was closed, and so closes the sockets.
  void bury();

 private:
  Connection& put(Accepted accepted);
  void take_out(Connection& connection);
  void count_open(std::size_t count);

  const http::Limits& limits_;
  const http::TrustedProxies& proxies_;
  telemetry::SlotWriter& slot_;
  const protection::Ledger& ledger_;
  os::Epoll& epoll_;
  std::vector<std::unique_ptr<Connection>> by_descriptor_;
  std::vector<Connection*> new_;     ///< epoll does not watch them yet.
  std::vector<Connection*> closed_;  ///< In this iteration.
  Turnover turnover_;
  std::uint64_t accepted_ = 0;
  std::size_t open_ = 0;
  std::size_t living_ = 0;  ///< Those, and the ones that linger.
  os::Deadline next_deadline_;
};

/// From a list of connections those that were closed.
inline void forget_closed(std::vector<Connection*>& connections) {
  std::erase_if(connections, [](const Connection* connection) {
    return connection->state() == Connection::State::closed;
  });
}

}  // namespace forkscope::gateway
