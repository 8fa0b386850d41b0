// Takes new connections: from the listening socket that all workers share, by the policy that the
// primary has published (telemetry::BalancePolicy), and from queues of single workers (queues.h).
//
// Politely, under `least`: the kernel wakes one worker that sleeps per new connection
// (EPOLLEXCLUSIVE, epoll_ctl(2)), and it is always the same one: light traffic stays on few
// workers, which is wanted, but so would 64 keep-alive connections that are opened at once, while
// the other workers idle for ever. So a worker that is woken takes its share of the queue
// (balancing/least.h), as many at once as that is, and no more. Where it has none, because
// available peers have less to do, it wakes those by their eventfds and looks again.
//
// Under `round-robin` and `two-choices` one worker has its turn, for one connection. Whoever is
// woken calls that one, and passes over it when it does not come. Under `kernel` whoever is woken
// takes one.
//
// Nothing can be lost by it. The connections stay in the kernel's queue until somebody accepts
// them; whoever was woken keeps trying until the queue is empty, and takes one itself when the
// queue has not become shorter for a while. When a worker hangs or dies the primary wakes all
// others, because the dead may have been woken for a connection that it never took.
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
#include <span>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "gateway/load_board.h"
#include "gateway/queues.h"
#include "os/deadline.h"
#include "os/event_fd.h"
#include "os/unique_fd.h"

namespace forkscope::gateway {

struct Accepted {
  os::UniqueFd fd;
  sockaddr_storage peer{};
};

class Acceptor {
 public:
  /// `queues` as in child::Inheritance.
  Acceptor(int listening_socket, std::span<const int> queues, const telemetry::SegmentView& view,
           const LoadBoard& board, std::uint32_t own_slot, const std::vector<os::EventFd>& wake);

  /// The listening socket has become readable (edge-triggered).
  void connection_waits() {
    look_at_once();
    has_come_ = true;
  }
  /// The same of the queue that is ours alone.
  void connection_waits_in_own_queue() {
    queues_.own_waits();
    next_try_ = kAtOnce;
  }
  /// A peer or the primary wants us to look at the queues, and at the policy.
  void nudged() {
    look_at_once();
    nudged_ = true;
  }
  bool is_nudged() const { return nudged_; }
  /// Somebody waits at the shared socket, as far as we know, and it has not been left to others.
  bool is_pending() const { return pending_; }

  /// To be watched by whoever listens; -1: there is none.
  int own_queue() const { return queues_.own(); }
  /// Whether all workers are to be woken by the kernel, and not only some (on_call.h).
  bool wants_all_on_call() const;

  /// How much we have to do, or LoadBoard::kTakesNobody: for our peers to see.
  void tell(std::uint32_t load) const { board_.tell(own_slot_, load); }
  struct Situation {
    bool is_on_call = false;      ///< The kernel has woken us, not a peer (on_call.h).
    std::size_t gone = 0;         ///< Connections that were closed lately (turnover.h).
    std::size_t room = SIZE_MAX;  ///< For so many more.
  };
  /// How many connections to take now, if so many wait: all from one socket. 0: ask again when
  /// retry_at() says so. Who takes nobody has to make room first.
  std::size_t turn(Situation own, std::uint64_t now_ns);
  /// In our turn: one of them.
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
  os::Deadline retry_at() const {
    return pending_ || queues_.is_pending() ? next_try_ : os::Deadline::never();
  }

 private:
  void look_at_once() {
    pending_ = true;
    next_try_ = kAtOnce;
  }
  bool is_full() const { return board_.load(own_slot_) == LoadBoard::kTakesNobody; }
  void see_policy();
  std::size_t share_of_queue(Situation situation);
  std::size_t share_of_shared(Situation situation, bool is_nudged, std::uint64_t now_ns);
  std::size_t wait_for_turn(std::uint64_t now_ns);
  void end_turn(std::uint64_t turn, std::uint32_t slot) const;
  std::size_t own_share(Situation situation, bool is_nudged, std::uint64_t now_ns);
  bool leave_it(std::uint64_t now_ns);
  std::size_t give_way(std::size_t waiting, std::uint64_t now_ns);
  std::optional<std::size_t> queue_length() const;
  void found_empty();
  void see_all(std::uint64_t now_ns);
  void see_peers(bool only_on_call, std::uint64_t now_ns);
  std::vector<std::uint32_t> below(std::uint32_t load) const;

  static constexpr os::Deadline kAtOnce = os::Deadline::at(0);

  int listening_socket_;
  int source_;  ///< Of the latest turn: the shared socket, or a queue of one worker.
  /// In the queue of that source, as far as we know. It is asked for how many there are, rather
  /// than tried until it is empty: an accept4(2) that finds nobody makes a socket and its file
  /// first, and costs as much as one that finds somebody.
  std::optional<std::size_t> waiting_;
  Queues queues_;
  telemetry::BalancePolicy policy_ = telemetry::BalancePolicy::least;
  const telemetry::SegmentView& view_;
  const LoadBoard& board_;
  std::uint32_t own_slot_;
  const std::vector<os::EventFd>& wake_;
  bool pending_ = false;   ///< The queue may hold a connection.
  bool has_come_ = false;  ///< We have been told of one more.
  bool nudged_ = false;
  bool lacks_files_ = false;
  /// Peers have been given way.
  struct GaveWay {
    std::size_t waiting = 0;     ///< Connections in the queue, when we last looked.
    std::uint64_t since_ns = 0;  ///< It has not become shorter since.
  };
  std::optional<GaveWay> gave_way_;
  /// Whom we have called to take its turn.
  struct Called {
    std::uint64_t turn = 0;
    std::uint32_t slot = 0;
    std::uint64_t since_ns = 0;
  };
  std::optional<Called> called_;
  os::Deadline next_try_ = kAtOnce;
  std::vector<std::uint32_t> peers_;  ///< By slot, what each has; kept for its memory.
};

}  // namespace forkscope::gateway
