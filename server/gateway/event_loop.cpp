#include "gateway/event_loop.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/worker_report.h"

namespace forkscope::gateway {

using State = Connection::State;
using telemetry::Phase;

namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kParkRetryNs = kMillisecondNs;
constexpr std::uint64_t kMaxParkNs = 5'000 * kMillisecondNs;
/// How long a worker that hands over waits for the next request of a connection that is idle.
constexpr std::uint64_t kHandOverNs = 1'000 * kMillisecondNs;
constexpr std::uint64_t kLingerNs = 2'000 * kMillisecondNs;
constexpr std::size_t kReceiveBytes = 64 * 1024;

// What an event is about; above these, the descriptor of a connection plus kConnections.
enum Token : std::uint64_t { kListening, kWake, kSignals, kConnections };

std::uint64_t ns(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(duration.count()) * kMillisecondNs;
}

int rounded_up_ms(std::uint64_t duration_ns) {
  return static_cast<int>((duration_ns + kMillisecondNs - 1) / kMillisecondNs);
}

}  // namespace

EventLoop::EventLoop(const HttpLimits& limits, const Surroundings& surroundings,
                     Application& application)
    : limits_(limits),
      surroundings_(surroundings),
      slot_(surroundings.slot),
      application_(application),
      runner_(application, surroundings.identity, surroundings.listening_socket, surroundings.slot),
      acceptor_(surroundings.listening_socket, surroundings.balance, surroundings.view,
                surroundings.identity.number - 1, surroundings.wake),
      turn_relay_(surroundings.view, surroundings.identity.number - 1, surroundings.wake),
      buffer_(kReceiveBytes) {
  epoll_.add(surroundings_.wake[surroundings_.identity.number - 1].fd(), EPOLLIN, kWake);
  epoll_.add(surroundings_.signals.fd(), EPOLLIN, kSignals);
  watch_listening_socket(true);
}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!draining_ || living_ > 0) {
    take_events(wait_ms());
    receive_ready();
    serve_runnable();
    accept();
    expire();
    bury();
  }
}

// ── the steps of an iteration ────────────────────────────────────────────────────────────────────

int EventLoop::wait_ms() const {
  if (!ready_.empty() || !runnable_.empty()) return 0;
  std::uint64_t next = next_expiry_ns_;
  const auto sooner = [&](std::uint64_t due_ns) {
    next = next == 0 ? due_ns : std::min(next, due_ns);
  };
  if (listening_ && acceptor_.retry_at_ns()) sooner(*acceptor_.retry_at_ns());
  if (!parked_.empty()) sooner(clock_ns_ + kParkRetryNs);
  if (next == 0) return -1;
  return next <= clock_ns_ ? 0 : rounded_up_ms(next - clock_ns_);
}

void EventLoop::take_events(int timeout_ms) {
  if (timeout_ms != 0) slot_.idle();
  // Requests that come while writes wait for their turn are likely to be writes as well.
  if (!parked_.empty() && timeout_ms > 0) {
    nap(timeout_ms);
    timeout_ms = 0;
  }
  const auto events = epoll_.wait(timeout_ms);
  clock_ns_ = telemetry::now_ns();
  slot_.step(Phase::reading, clock_ns_);
  std::optional<int> asked_to_go;
  for (const epoll_event& event : events) {
    switch (event.data.u64) {
      case kListening: acceptor_.connection_waits(); break;
      case kWake:
        surroundings_.wake[surroundings_.identity.number - 1].clear();
        acceptor_.nudged();
        break;
      case kSignals:
        while (const auto signal = surroundings_.signals.next()) asked_to_go = signal;
        break;
      default:
        Connection& connection = *connections_[event.data.u64 - kConnections];
        if ((event.events & EPOLLOUT) != 0) connection.writable = true;
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) connection.readable = true;
        if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
          connection.end_announced = true;
        }
        ready_.push_back(&connection);
    }
  }
  // Last: what else has been reported, a connection that waits for instance, is known by now.
  if (asked_to_go) begin_drain(/*hand_over=*/*asked_to_go != SIGTERM);
}

/// Until a peer passes its turn on, or something is due. Connections are not looked at: each
/// request would wake us for nothing, at the cost of whoever has the turn.
void EventLoop::nap(int timeout_ms) const {
  pollfd wakers[] = {{surroundings_.wake[surroundings_.identity.number - 1].fd(), POLLIN, 0},
                     {surroundings_.signals.fd(), POLLIN, 0}};
  ::poll(wakers, std::size(wakers), timeout_ms);
}

void EventLoop::receive_ready() {
  attending_.swap(ready_);
  for (Connection* connection : attending_) attend(*connection);
  attending_.clear();
}

void EventLoop::serve_runnable() {
  if (runnable_.empty() && parked_.empty()) return;
  acceptor_.pass_on(clock_ns_);
  runner_.renew_date();
  serving_.swap(runnable_);
  const auto reads = [&](Connection* connection) { return runner_.reads(*connection); };
  if (std::any_of(serving_.begin(), serving_.end(), reads)) {
    runner_.begin_reads();
    for (Connection*& connection : serving_) {
      if (reads(connection)) serve(*std::exchange(connection, nullptr));
    }
    runner_.end_reads();
  }

  std::vector<Connection*> writes = std::exchange(parked_, {});
  for (Connection* connection : serving_) {
    if (connection == nullptr) continue;
    if (runner_.writes(*connection)) {
      writes.push_back(connection);
    } else {
      serve(*connection);
    }
  }
  serving_.clear();
  if (!writes.empty()) serve_writes(writes);
  slot_.writes_parked(parked_.size());
  slot_.requests_waiting(runnable_.size() + parked_.size());
}

void EventLoop::accept() {
  if (!listening_) return;
  auto accepted = acceptor_.try_accept(open_, clock_ns_);
  if (!accepted) return;
  const int fd = accepted->fd.get();
  const auto index = static_cast<std::size_t>(fd);
  if (index >= connections_.size()) connections_.resize(index + 1);
  connections_[index] =
      std::make_unique<Connection>(std::move(accepted->fd), accepted->peer, ++accepted_, limits_);
  try {
    epoll_.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, kConnections + index);
  } catch (const std::system_error&) {  // out of kernel memory: this one has to go, not all
    connections_[index].reset();
    return;
  }
  set_deadline(*connections_[index], ns(limits_.head_timeout));
  slot_.accepted();
  ++living_;
  count_open(+1);
}

void EventLoop::expire() {
  if (next_expiry_ns_ == 0 || clock_ns_ < next_expiry_ns_) return;
  next_expiry_ns_ = 0;
  const bool drained_too_long = drain_deadline_ns_ != 0 && clock_ns_ >= drain_deadline_ns_;
  if (drain_deadline_ns_ != 0 && !drained_too_long) next_expiry_ns_ = drain_deadline_ns_;
  if (close_idle_at_ns_ != 0) {
    if (clock_ns_ >= close_idle_at_ns_) {
      close_idle_at_ns_ = 0;
      close_idle();
    } else {
      next_expiry_ns_ = close_idle_at_ns_;
    }
  }
  for (const auto& connection : connections_) {
    if (!connection) continue;
    if (drained_too_long) close(*connection);
    if (connection->deadline_ns == 0) continue;
    if (connection->deadline_ns > clock_ns_) {
      set_deadline(*connection, connection->deadline_ns - clock_ns_);
      continue;
    }
    const RequestFramer::Phase phase = connection->framer().phase();
    if (connection->state == State::receiving && phase == RequestFramer::Phase::head) {
      refuse(*connection, 408, "The head of the request took too long to arrive.");
    } else if (connection->state == State::receiving && phase == RequestFramer::Phase::body) {
      refuse(*connection, 408, "The body of the request took too long to arrive.");
    } else {
      close(*connection);
    }
  }
}

void EventLoop::bury() {
  if (dead_.empty()) return;
  const auto is_closed = [](const Connection* connection) {
    return connection->state == State::closed;
  };
  std::erase_if(ready_, is_closed);
  std::erase_if(runnable_, is_closed);
  std::erase_if(parked_, is_closed);
  for (const Connection* connection : dead_) {
    connections_[static_cast<std::size_t>(connection->fd())].reset();
  }
  dead_.clear();
  if (living_ == 0) next_expiry_ns_ = 0;  // nothing is left to wake up for
}

// ── one connection ───────────────────────────────────────────────────────────────────────────────

void EventLoop::attend(Connection& connection) {
  if (connection.state == State::closed) return;
  if (connection.state == State::lingering) throw_away(connection);
  if (connection.has_output() && connection.writable && connection.state != State::uncommitted) {
    send(connection);
  }
  if (connection.state != State::receiving || !connection.readable) return;

  std::uint64_t bytes = 0;
  switch (connection.receive(buffer_, bytes)) {
    case Connection::Received::broken: close(connection); return;
    case Connection::Received::end: connection.peer_has_ended = true; break;
    case Connection::Received::nothing:
    case Connection::Received::bytes: break;
  }
  slot_.received(bytes);
  take_stock(connection);
  if (connection.state == State::receiving && connection.readable) ready_.push_back(&connection);
}

void EventLoop::throw_away(Connection& connection) {
  if (!connection.readable) return;
  switch (connection.discard(buffer_)) {
    case Connection::Received::end:
    case Connection::Received::broken: close(connection); return;
    case Connection::Received::nothing:
    case Connection::Received::bytes: break;
  }
  if (connection.readable) ready_.push_back(&connection);
}

/// Decides by what has arrived so far.
void EventLoop::take_stock(Connection& connection) {
  RequestFramer& framer = connection.framer();
  const RequestFramer::Phase phase = framer.phase();
  if (phase == RequestFramer::Phase::complete) {
    connection.state = State::runnable;
    connection.deadline_ns = 0;
    runnable_.push_back(&connection);
    return;
  }
  if (phase == RequestFramer::Phase::failed) {
    refuse(connection, framer.error().status, framer.error().detail);
    return;
  }
  if (connection.peer_has_ended) {
    close(connection);
    return;
  }
  if (phase != connection.timed_phase) {
    connection.timed_phase = phase;
    set_deadline(connection, phase == RequestFramer::Phase::head   ? ns(limits_.head_timeout)
                             : phase == RequestFramer::Phase::body ? ns(limits_.body_timeout)
                                                                   : ns(limits_.idle_timeout));
  }
  if (framer.awaits_continue() && !connection.continue_sent) {
    connection.continue_sent = true;
    connection.output() += "HTTP/1.1 100 Continue\r\n\r\n";
    send(connection);
  }
}

void EventLoop::send(Connection& connection) {
  std::uint64_t bytes = 0;
  while (connection.has_output() && connection.writable) {
    if (!connection.send(bytes)) {
      close(connection);
      return;
    }
  }
  slot_.sent(bytes);
  if (connection.state == State::receiving) return;  // that was a "100 Continue"
  if (connection.has_output()) {
    connection.state = State::sending;
    set_deadline(connection, ns(limits_.write_timeout));
    return;
  }
  after_response(connection);
}

void EventLoop::after_response(Connection& connection) {
  if (connection.after_response == AfterResponse::close || (draining_ && close_idle_at_ns_ == 0)) {
    linger(connection);
    return;
  }
  connection.state = State::receiving;
  connection.continue_sent = false;
  connection.framer().reset();
  connection.feed_pipelined();
  // Whatever the phase is now, it began now.
  connection.timed_phase = RequestFramer::Phase::complete;
  take_stock(connection);
  if (connection.state == State::receiving && connection.readable) ready_.push_back(&connection);
}

void EventLoop::linger(Connection& connection) {
  if (connection.peer_has_ended) {
    close(connection);
    return;
  }
  connection.shut_down_writing();
  connection.state = State::lingering;
  set_deadline(connection, kLingerNs);
  count_open(-1);
  if (connection.readable) ready_.push_back(&connection);
}

void EventLoop::close(Connection& connection) {
  if (connection.state == State::closed) return;
  if (connection.state != State::lingering) count_open(-1);
  connection.state = State::closed;
  connection.deadline_ns = 0;
  --living_;
  dead_.push_back(&connection);
}

void EventLoop::set_deadline(Connection& connection, std::uint64_t delay_ns) {
  connection.deadline_ns = clock_ns_ + delay_ns;
  wake_up_by(connection.deadline_ns);
}

// ── one request ──────────────────────────────────────────────────────────────────────────────────

void EventLoop::begin(Connection& connection) {
  const bool stays = connection.framer().request().keep_alive && !draining_;
  runner_.begin(connection, stays ? AfterResponse::keep_alive : AfterResponse::close, clock_ns_);
}

void EventLoop::serve(Connection& connection) {
  begin(connection);
  runner_.handle(connection);
  end_and_send(connection);
}

void EventLoop::end_and_send(Connection& connection) {
  clock_ns_ = telemetry::now_ns();
  runner_.end(connection, clock_ns_);
  send(connection);
}

/// What cannot be served ends the connection. It counts as a request all the same.
void EventLoop::refuse(Connection& connection, int status, std::string_view detail) {
  connection.state = State::sending;
  runner_.begin(connection, AfterResponse::close, clock_ns_);
  runner_.answer_with_problem(connection, status, detail);
  end_and_send(connection);
}

void EventLoop::serve_writes(const std::vector<Connection*>& writes) {
  if (turn_relay_.gives_way() || !application_.begin_writes()) {
    park(writes);
    return;
  }
  for (Connection* connection : writes) {
    connection->state = State::uncommitted;
    begin(*connection);
    runner_.handle(*connection);
    clock_ns_ = telemetry::now_ns();
  }
  slot_.step(Phase::committing, clock_ns_);
  auto failure = application_.commit_writes();
  turn_relay_.pass_on();
  if (!failure) {
    slot_.step(Phase::flushing, telemetry::now_ns());
    failure = application_.flush_writes();
  }
  for (Connection* connection : writes) {
    if (failure) runner_.answer_with_problem(*connection, failure->status, failure->detail);
    connection->state = State::sending;
    end_and_send(*connection);
  }
}

void EventLoop::park(const std::vector<Connection*>& writes) {
  for (Connection* connection : writes) {
    if (connection->state != State::parked) {
      connection->state = State::parked;
      connection->parked_since_ns = clock_ns_;
    }
    if (clock_ns_ - connection->parked_since_ns < kMaxParkNs) {
      parked_.push_back(connection);
      continue;
    }
    connection->state = State::sending;
    begin(*connection);
    runner_.answer_with_problem(*connection, 503, "Other workers have been writing for too long.",
                                "Retry-After: 1\r\n");
    end_and_send(*connection);
  }
}

// ── the listening socket, and draining ───────────────────────────────────────────────────────────

void EventLoop::count_open(std::ptrdiff_t change) {
  open_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(open_) + change);
  slot_.connections_open(open_);
  watch_listening_socket(!draining_ && open_ < limits_.max_connections);
}

void EventLoop::watch_listening_socket(bool on) {
  if (on == listening_) return;
  listening_ = on;
  if (on) {
    // Adding it reports a connection that waits already.
    epoll_.add(surroundings_.listening_socket, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, kListening);
  } else {
    epoll_.remove(surroundings_.listening_socket);
  }
}

void EventLoop::begin_drain(bool hand_over) {
  if (!draining_) {
    draining_ = true;
    slot_.draining();
    acceptor_.pass_on(clock_ns_);  // we may have been woken for a connection others can take
    watch_listening_socket(false);
    drain_deadline_ns_ = clock_ns_ + ns(limits_.drain_timeout);
    wake_up_by(drain_deadline_ns_);
    if (hand_over) {
      close_idle_at_ns_ = std::min(clock_ns_ + kHandOverNs, drain_deadline_ns_);
      wake_up_by(close_idle_at_ns_);
      return;
    }
  } else if (hand_over) {
    return;
  }
  close_idle_at_ns_ = 0;
  close_idle();
}

/// Closes the connections from which no request has come. A client may send one at the very moment
/// at which we close, and most clients take that for a failure. So whoever hands over calls this
/// late, and until then answers one more request of each connection, with "Connection: close".
void EventLoop::close_idle() {
  for (const auto& connection : connections_) {
    if (!connection || connection->state != State::receiving) continue;
    // A request may be on its way already: one last look, then goodbye.
    connection->readable = true;
    attend(*connection);
    if (connection->state == State::receiving &&
        connection->framer().phase() == RequestFramer::Phase::idle) {
      close(*connection);
    }
  }
}

void EventLoop::wake_up_by(std::uint64_t due_ns) {
  next_expiry_ns_ = next_expiry_ns_ == 0 ? due_ns : std::min(next_expiry_ns_, due_ns);
}

}  // namespace forkscope::gateway
