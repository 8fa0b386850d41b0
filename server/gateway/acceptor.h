// Takes new connections from the listening socket that all workers share, politely.
//
// The kernel wakes one idle worker per new connection (EPOLLEXCLUSIVE, epoll_ctl(2)), and it is
// always the same one: light traffic stays on few workers, which is wanted, but so do 64 keep-alive
// connections opened at once, while the other workers idle for ever. So a worker that is woken
// while an available peer has less to do wakes that peer by its eventfd and gives it a millisecond
// before it takes the connection itself.
//
// Nothing can be lost by it. The connection stays in the kernel's queue until somebody accepts it;
// whoever was woken keeps trying until the queue is empty or a peer that was given way has taken
// one, and with it the duty to go on. When a worker hangs or dies the primary wakes all others,
// because the dead may have been woken for a connection that it never took.
//
// A worker that is at its limit of connections gives way in the same manner, to any peer that has
// room; if nobody has, whoever was woken has to make some (EventLoop::make_room()).
//
// One per worker process, used by its only thread. Borrows all descriptors.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "os/deadline.h"
#include "os/event_fd.h"
#include "os/unique_fd.h"

namespace forkscope::gateway {

/// Who gets a new connection: `shared` is the above, `kernel` whoever the kernel wakes.
enum class Balance { shared, kernel };

struct Accepted {
  os::UniqueFd fd;
  sockaddr_storage peer{};
};

class Acceptor {
 public:
  Acceptor(int listening_socket, Balance balance, std::size_t max_connections,
           const telemetry::SegmentView& view, std::uint32_t own_slot,
           const std::vector<os::EventFd>& wake);

  /// The listening socket has become readable (edge-triggered).
  void connection_waits() {
    pending_ = true;
    if (!gave_way_) return;
    gave_way_.reset();  // that was for another connection
    next_try_ = kAtOnce;
  }
  /// A peer or the primary wants us to look at the queue: out of turn, without asking back.
  void nudged() { pending_ = nudged_ = true; }
  bool is_nudged() const { return nudged_; }
  /// Requests are about to run while a connection waits: an idle peer may take it meanwhile.
  void pass_on(std::uint64_t now_ns) const;

  /// Whether it is our turn to take a connection, if one waits. Ask again when retry_at() says
  /// so.
  bool has_turn(std::uint64_t own_connections, std::uint64_t now_ns);
  /// In our turn: one connection at most.
  std::optional<Accepted> accept(std::uint64_t now_ns);
  /// The latest accept() found no descriptor for whoever may wait.
  bool lacks_files() const { return lacks_files_; }

  // ── in our turn, without room for one more ──
  /// Whether somebody waits at all. False: an event will tell when.
  bool somebody_waits();
  /// Peers may find it easier to make room.
  void call_peers(std::uint64_t now_ns) const;
  void try_again_at(os::Deadline due) { next_try_ = due; }

  /// When to try again, in the past for at once. Never: an event will tell.
  os::Deadline retry_at() const { return pending_ ? next_try_ : os::Deadline::never(); }

 private:
  struct Load {
    std::uint64_t connections = 0;
    std::uint32_t slot = 0;
    bool operator<(const Load& other) const {
      return std::tie(connections, slot) < std::tie(other.connections, other.slot);
    }
  };

  std::optional<std::uint32_t> peer_below(Load least, std::uint64_t now_ns) const;
  std::uint64_t load_of(std::uint32_t slot) const;
  bool available(std::uint32_t slot, std::uint64_t now_ns) const;

  static constexpr os::Deadline kAtOnce = os::Deadline::at(0);

  int listening_socket_;
  Balance balance_;
  std::size_t max_connections_;
  const telemetry::SegmentView& view_;
  std::uint32_t own_slot_;
  const std::vector<os::EventFd>& wake_;
  bool pending_ = false;  ///< The queue may hold a connection.
  bool nudged_ = false;
  bool lacks_files_ = false;
  /// The peer that has been given way, and how many connections it had accepted by then.
  struct GaveWay {
    std::uint32_t slot = 0;
    std::uint64_t accepted = 0;
  };
  std::optional<GaveWay> gave_way_;
  os::Deadline next_try_ = kAtOnce;
};

}  // namespace forkscope::gateway
