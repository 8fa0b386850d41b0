// A worker's event loop: one thread, one request at a time.
//
//   wait      epoll: connections, the listening socket (EPOLLEXCLUSIVE), the wake eventfd, SIGTERM
//   receive   the bytes of every ready connection
//   serve     requests that don't write, each answered as soon as its handler returns;
//             then the writes, as one batch: begin, handlers, commit, and only then the answers
//   accept    one new connection at most
//   expire    whoever has kept us waiting too long
//   bury      what was closed on the way: until here nobody holds a dangling pointer
//
// A handler that hangs therefore blocks exactly this worker, holds no lock of the store, and has
// already been published to telemetry. A slow client blocks nobody. An idle worker makes no system
// calls: `wait` has no timeout unless something is due.
//
// Runs in the worker process, on its only thread. Borrows what it is given; owns the connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/slot_writer.h"
#include "gateway/acceptor.h"
#include "gateway/application.h"
#include "gateway/connection.h"
#include "gateway/http_limits.h"
#include "gateway/request_runner.h"
#include "gateway/turn_relay.h"
#include "os/epoll.h"
#include "os/event_fd.h"
#include "os/signal_events.h"

namespace forkscope::gateway {

class EventLoop {
 public:
  struct Surroundings {
    WorkerIdentity identity;
    int listening_socket = -1;
    Balance balance = Balance::shared;
    const telemetry::SegmentView& view;    ///< To see the peers.
    telemetry::SlotWriter& slot;           ///< To be seen.
    const std::vector<os::EventFd>& wake;  ///< One per slot; ours and the peers'.
    const os::SignalEvents& signals;       ///< SIGTERM: drain; others: hand over.
  };

  EventLoop(const HttpLimits& limits, const Surroundings& surroundings, Application& application);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Serves until it has drained.
  void run();
  bool draining() const { return draining_; }

 private:
  // ── the steps of an iteration ──
  int wait_ms() const;  ///< As epoll_wait(2) has it: -1 = until something happens.
  void take_events(int timeout_ms);
  void nap(int timeout_ms) const;
  void receive_ready();
  void serve_runnable();
  void accept();
  void expire();
  void bury();

  // ── one connection ──
  void attend(Connection& connection);      ///< epoll has said something about it.
  void throw_away(Connection& connection);  ///< What still arrives while it lingers.
  void take_stock(Connection& connection);  ///< Is a request complete, wrong, or unfinished?
  void send(Connection& connection);
  void after_response(Connection& connection);
  void linger(Connection& connection);
  void close(Connection& connection);
  void set_deadline(Connection& connection, std::uint64_t delay_ns);

  // ── one request ──
  void begin(Connection& connection);
  void serve(Connection& connection);
  void end_and_send(Connection& connection);
  void refuse(Connection& connection, int status, std::string_view detail);
  void serve_writes(const std::vector<Connection*>& writes);
  void park(const std::vector<Connection*>& writes);

  // ── the listening socket, and draining ──
  void watch_listening_socket(bool on);
  void begin_drain(bool hand_over);
  void close_idle();
  void wake_up_by(std::uint64_t due_ns);
  void count_open(std::ptrdiff_t change);

  const HttpLimits& limits_;
  Surroundings surroundings_;
  telemetry::SlotWriter& slot_;
  Application& application_;
  RequestRunner runner_;
  Acceptor acceptor_;
  TurnRelay turn_relay_;
  os::Epoll epoll_;

  std::vector<std::unique_ptr<Connection>> connections_;  ///< By descriptor.
  std::vector<Connection*> ready_;                        ///< epoll has said something about them.
  std::vector<Connection*> attending_;                    ///< Those of this iteration.
  std::vector<Connection*> runnable_;  ///< With a whole request, in order of arrival.
  std::vector<Connection*> serving_;   ///< Those of this iteration; null: has been served.
  std::vector<Connection*> parked_;    ///< Writes that wait for their turn.
  std::vector<Connection*> dead_;      ///< Closed in this iteration.
  std::vector<char> buffer_;

  std::uint64_t clock_ns_ = 0;  ///< Of the latest step: the end of one is the next one's start.
  std::uint64_t next_expiry_ns_ = 0;  ///< No deadline is earlier; 0 = there is none.
  std::uint64_t accepted_ = 0;
  std::size_t open_ = 0;    ///< Connections that may still bring a request.
  std::size_t living_ = 0;  ///< Those and the ones that linger.
  bool listening_ = false;
  bool draining_ = false;
  std::uint64_t close_idle_at_ns_ = 0;   ///< While handing over; 0 = not, or not any more.
  std::uint64_t drain_deadline_ns_ = 0;  ///< Then whatever is left is closed; 0 = not draining.
};

}  // namespace forkscope::gateway
