// A worker's event loop: one thread, one request at a time.
//
//   take events    epoll: connections, the listening socket (EPOLLEXCLUSIVE), our own queue, the
//                  wake eventfd, signals
//   attend         receive from and send to every connection that is ready (Conversations)
//   accept         our share of the new connections (Acceptor), whose first requests may be there
//                  already; at the limit in the place of others
//   serve          the requests that have arrived: reads, others, writes (RequestScheduler)
//   accept         only now, where there were requests before
//   watch          epoll is told of the connections that are still there
//   expire         whoever has kept us waiting too long (ConnectionTable, Drain)
//   give           connections to the primary, when it asks for some, or all when this worker
//   drains bury           what was closed on the way: until here nobody holds a dangling pointer
//
// A handler that hangs therefore blocks exactly this worker, holds no lock of the store, and has
// already been published to telemetry. A slow client blocks nobody. An idle worker makes no system
// calls: it waits without a timeout unless something is due.
//
// Runs in the worker process, on its first thread. Borrows what it is given; owns the connections.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "application/application.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/slot_writer.h"
#include "gateway/acceptor.h"
#include "gateway/connection_table.h"
#include "gateway/conversations.h"
#include "gateway/drain.h"
#include "gateway/load_board.h"
#include "gateway/loop_clock.h"
#include "gateway/on_call.h"
#include "gateway/request_runner.h"
#include "gateway/request_scheduler.h"
#include "gateway/thrown.h"
#include "gateway/turn_relay.h"
#include "gateway/worker_identity.h"
#include "http/limits.h"
#include "http/trusted_proxies.h"
#include "os/caught_signals.h"
#include "os/epoll.h"
#include "os/event_fd.h"
#include "protection/worker_end.h"

namespace forkscope::gateway {

class EventLoop {
 public:
  struct Surroundings {
    WorkerIdentity identity;
    int listening_socket = -1;
    std::span<const int> queues;           ///< As in child::Inheritance.
    const telemetry::SegmentView& view;    ///< To see the peers.
    telemetry::SlotWriter& slot;           ///< To be seen.
    const LoadBoard& board;                ///< To compare with the peers.
    const std::vector<os::EventFd>& wake;  ///< One per slot; ours and the peers'.
    const os::EventFd& application_wake;   ///< By the application: worth asking it again.
    const os::CaughtSignals& signals;      ///< SIGTERM: stop; others: hand over.
    const http::TrustedProxies& proxies;
    protection::WorkerEnd& protection;  ///< Through which connections come and go.
    ThrownTo thrown_to;                 ///< Who is told what handlers have thrown.
  };

  EventLoop(const http::Limits& limits, const Surroundings& surroundings, Application& application);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Serves until it has drained.
  void run();
  bool draining() const { return drain_.begun(); }

 private:
  // The steps of an iteration.
  int wait_ms() const;  ///< As epoll_wait(2) has it: -1 = until something happens.
  void take_events(int timeout_ms);
  void serve();
  void accept();
  void expire();
  void give();
  void bury();

  void listen();
  void lie_down();
  bool get_up();
  void be_woken(bool on);
  void nap(int timeout_ms) const;
  bool accept_one();
  bool make_room();
  void tell_load() const;
  void hear_primary();
  void adopt(protection::Message& message);
  void begin_drain(Drain::Kind kind);
  const os::EventFd& own_wake() const { return wake_[own_slot_]; }

  std::uint32_t own_slot_;
  int listening_socket_;
  std::uint32_t cpus_;
  const std::vector<os::EventFd>& wake_;
  const os::EventFd& application_wake_;
  const os::CaughtSignals& signals_;
  telemetry::SlotWriter& slot_;
  protection::WorkerEnd& protection_;

  os::Epoll epoll_;
  LoopClock clock_;
  Drain drain_;
  ConnectionTable connections_;
  OnCall on_call_;
  RequestRunner runner_;
  Conversations conversations_;
  TurnRelay turn_relay_;
  RequestScheduler scheduler_;
  Acceptor acceptor_;
  std::size_t wanted_elsewhere_ = 0;  ///< So many connections, by those that have less.
  os::Deadline give_again_at_;        ///< The primary takes no more for a moment.
  bool listening_ = false;            ///< We take connections.
};

}  // namespace forkscope::gateway
