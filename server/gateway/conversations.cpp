#include "gateway/conversations.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cassert>
#include <csignal>

namespace forkscope::gateway {

using Phase = http::RequestFramer::Phase;
using Received = Connection::Received;
using State = Connection::State;

namespace {

// How long a connection lingers: until its client has been silent for so long, or the limits of all
// clients are reached. One that was refused may be in the middle of a long body on a slow line, and
// many look for an answer only behind it.
constexpr std::chrono::seconds kSilence{2};
constexpr std::chrono::seconds kSilenceInARequest{5};
constexpr std::chrono::seconds kLongestLinger{30};
constexpr std::uint64_t kMostLingerBytes = 64 * 1024 * 1024;
/// What a request or the reading of a response may take, however many others wait.
constexpr std::chrono::seconds kGrace{1};
constexpr std::size_t kReceiveBytes = 64 * 1024;

}  // namespace

Conversations::Conversations(const http::Limits& limits, ConnectionTable& connections,
                             RequestRunner& runner, const Drain& drain,
                             const os::CaughtSignals& signals, LoopClock& clock,
                             telemetry::SlotWriter& slot)
    : limits_(limits),
      connections_(connections),
      runner_(runner),
      drain_(drain),
      signals_(signals),
      clock_(clock),
      slot_(slot),
      buffer_(kReceiveBytes) {}

void Conversations::begin(Connection& connection) {
  wait_for(connection, limits_.head_timeout);
  if (!early_look_.is_due()) return;  // epoll will tell
  connection.look_again();
  ready_.push_back(&connection);
}

bool Conversations::take_over(Connection& connection, const protection::Parcel& parcel) {
  if (parcel.entry.sent > 0) {  // it waits between two requests, or will once this one is told
    wait_for(connection, limits_.idle_timeout);
  } else {
    begin(connection);
  }
  if ((parcel.entry.flags & protection::kInvited) != 0) {
    connection.line().invited(0);
    connection.exchange().invites_body();
  }
  if (!parcel.received.empty()) connection.take_over(parcel.received);
  return connection.framer().phase() == Phase::complete;
}

void Conversations::note(Connection& connection, std::uint32_t events) {
  connection.note(events);
  ready_.push_back(&connection);
}

void Conversations::attend_ready() {
  attending_.swap(ready_);
  for (Connection* connection : attending_) attend(*connection);
  attending_.clear();
}

void Conversations::take_runnable(std::vector<Connection*>& requests) {
  assert(requests.empty());
  requests.swap(runnable_);
}

// ── receiving ────────────────────────────────────────────────────────────────────────────────────

void Conversations::attend(Connection& connection) {
  if (connection.state() == State::closed) return;
  if (connection.state() == State::lingering) throw_away(connection);
  // In any other state the connection is the scheduler's (connection.h), whose answer() sends what
  // is pending as well.
  const bool ours = connection.state() == State::receiving || connection.state() == State::sending;
  if (ours && connection.has_output() && connection.is_writable()) send(connection);
  if (connection.state() != State::receiving || !connection.is_readable()) return;

  std::uint64_t bytes = 0;
  switch (connection.receive(buffer_, bytes)) {
    case Received::broken: connections_.close(connection); return;
    case Received::end:
    case Received::nothing:
    case Received::bytes: break;
  }
  if (connection.is_new() && !connection.is_watched()) early_look_.found(bytes > 0);
  slot_.received(bytes);
  take_stock(connection);
  if (connection.state() == State::receiving && connection.is_readable())
    ready_.push_back(&connection);
}

void Conversations::throw_away(Connection& connection) {
  if (!connection.is_readable()) return;
  switch (connection.discard(buffer_)) {
    case Received::end:
    case Received::broken: connections_.close(connection); return;
    case Received::bytes:
      if (!drain_.begun()) linger_on(connection);
      break;
    case Received::nothing: break;
  }
  if (connection.state() == State::lingering && connection.is_readable())
    ready_.push_back(&connection);
}

/// Decides by what has arrived so far.
void Conversations::take_stock(Connection& connection) {
  http::RequestFramer& framer = connection.framer();
  const Phase phase = framer.phase();
  if (phase == Phase::complete) {
    connection.move_to(State::runnable);
    connections_.put_off(connection, os::Deadline::never());
    runnable_.push_back(&connection);
    return;
  }
  if (phase == Phase::failed) {
    refuse(connection, framer.error().status, framer.error().detail);
    return;
  }
  if (connection.peer_has_ended()) {
    connections_.close(connection);
    return;
  }
  if (connection.enters(phase)) expect(connection, phase);
  if (framer.awaits_continue() && connection.exchange().invites_body()) {
    connection.output() += "HTTP/1.1 100 Continue\r\n\r\n";
    send(connection);
  }
}

void Conversations::expect(Connection& connection, Phase phase) {
  wait_for(connection, phase == Phase::head   ? limits_.head_timeout
                       : phase == Phase::body ? limits_.body_timeout
                                              : limits_.idle_timeout);
}

void Conversations::wait_for(Connection& connection, std::chrono::nanoseconds limit) {
  connections_.wait_for(connection, limit, clock_.now_ns());
}

// ── sending ──────────────────────────────────────────────────────────────────────────────────────

void Conversations::answer(Connection& connection) {
  end(connection, what_follows(connection));
  send(connection);
}

void Conversations::answer(const std::vector<Connection*>& batch) {
  for (Connection* connection : batch) end(*connection, what_follows(*connection));
  for (Connection* connection : batch) send(*connection);
}

/// A handler may have run for long: of a stop, the loop may not have heard yet, but will at once.
AfterResponse Conversations::what_follows(Connection& connection) const {
  const bool stays = connection.framer().request().keep_alive &&
                     (!drain_.begun() || drain_.gives()) && !signals_.has_come(SIGTERM) &&
                     !wants_room_;
  return stays ? AfterResponse::keep_alive : AfterResponse::close;
}

void Conversations::end(Connection& connection, AfterResponse after) {
  clock_.tick();
  connection.move_to(State::sending);
  runner_.end(connection, after, clock_.now_ns());
}

void Conversations::send(Connection& connection) {
  std::uint64_t bytes = 0;
  while (connection.has_output() && connection.is_writable()) {
    if (!connection.send(bytes)) {
      connections_.close(connection);
      return;
    }
  }
  slot_.sent(bytes);
  if (connection.state() == State::receiving) {  // that was a "100 Continue"
    connection.line().invited(bytes);
    return;
  }
  if (connection.has_output()) {
    wait_for(connection, limits_.write_timeout);
    return;
  }
  after_response(connection);
}

void Conversations::after_response(Connection& connection) {
  if (connection.exchange().what_follows() == AfterResponse::close || drain_.closes_idle()) {
    linger(connection);
    return;
  }
  connection.move_to(State::receiving);
  connection.begin_next_exchange();
  take_stock(connection);
  if (connection.state() == State::receiving && connection.is_readable())
    ready_.push_back(&connection);
}

// ── ending ───────────────────────────────────────────────────────────────────────────────────────

/// What cannot be served ends the connection. It counts as a request all the same.
void Conversations::refuse(Connection& connection, int status, std::string_view detail) {
  runner_.begin(connection, clock_.now_ns());
  runner_.answer_with_problem(connection, status, detail);
  end(connection, AfterResponse::close);
  send(connection);
}

void Conversations::linger(Connection& connection) {
  if (connection.peer_has_ended() || connection.peer_is_through()) {
    connections_.close(connection);
    return;
  }
  connection.shut_down_writing();
  connections_.linger(connection);
  wait_for(connection, kLongestLinger);
  linger_on(connection);
  if (connection.is_readable()) ready_.push_back(&connection);
}

void Conversations::linger_on(Connection& connection) {
  if (connection.discarded_bytes() > kMostLingerBytes) {
    connections_.close(connection);
    return;
  }
  const std::chrono::nanoseconds silence =
      connection.framer().phase() == Phase::complete ? kSilence : kSilenceInARequest;
  const auto silent = os::Deadline::after(clock_.now_ns(), silence);
  const auto longest = os::Deadline::after(connection.waits_since_ns(), kLongestLinger);
  connections_.put_off(connection, earlier(silent, longest));
}

/// One last look: while a handler ran, nobody looked, and what it waits for may be here by now.
bool Conversations::still_waits(Connection& connection) {
  const State state = connection.state();
  const os::Deadline deadline = connection.deadline();
  connection.ask_kernel();
  attend(connection);
  return connection.state() == state && connection.deadline() == deadline;
}

void Conversations::time_out(Connection& connection) {
  if (!still_waits(connection)) return;
  const bool receiving = connection.state() == State::receiving;
  const Phase phase = connection.framer().phase();
  if (receiving && connection.is_readable()) {
    connections_.put_off(connection, os::Deadline::at(clock_.now_ns()));  // first all that is here
  } else if (receiving && phase == Phase::head) {
    refuse(connection, 408, "The head of the request took too long to arrive.");
  } else if (receiving && phase == Phase::body) {
    refuse(connection, 408, "The body of the request took too long to arrive.");
  } else {
    connections_.close(connection);
  }
}

bool Conversations::make_room(std::chrono::nanoseconds least_idle) {
  while (Connection* connection = who_gives_way(least_idle)) {
    if (connection->state() != State::lingering && !still_waits(*connection)) {
      if (connection->state() == State::closed) return true;
      continue;
    }
    if (connection->state() == State::receiving && connection->framer().phase() != Phase::idle) {
      refuse(*connection, 408,
             "The request took too long to arrive while others waited for a connection.");
      if (connection->state() == State::lingering) return true;
    }
    connections_.close(*connection);
    return true;
  }
  return false;
}

Connection* Conversations::who_gives_way(std::chrono::nanoseconds least_idle) const {
  const auto has_waited = [this](const Connection& connection, std::chrono::nanoseconds time) {
    return os::Deadline::after(connection.waits_since_ns(), time).has_passed(clock_.now_ns());
  };
  if (connections_.too_many_linger()) {
    return connections_.longest(
        [](const Connection& connection) { return connection.state() == State::lingering; });
  }
  const auto is_idle = [&](Connection& connection) {
    if (connection.state() != State::receiving) return false;
    if (connection.framer().phase() != Phase::idle) return false;
    // The first request of a new one may be on its way.
    return has_waited(connection, connection.is_new()
                                      ? std::max<std::chrono::nanoseconds>(least_idle, kGrace)
                                      : least_idle);
  };
  if (Connection* idle = connections_.longest(is_idle)) return idle;
  const auto is_half_sent = [&](Connection& connection) {
    return connection.state() == State::receiving && connection.framer().phase() != Phase::idle &&
           has_waited(connection, kGrace);
  };
  if (Connection* half_sent = connections_.longest(is_half_sent)) return half_sent;
  return connections_.longest([&](Connection& connection) {
    return connection.state() == State::sending && has_waited(connection, kGrace);
  });
}

bool Conversations::give(protection::WorkerEnd& primary, std::size_t most, bool only_idle) {
  bool takes_more = true;
  connections_.for_each([&](Connection& connection) {
    if (most == 0 || !takes_more || connection.has_output()) return;
    const State state = connection.state();
    const bool is_idle = state == State::receiving && connection.framer().phase() == Phase::idle;
    const bool may_go =
        state == State::receiving || state == State::runnable || state == State::parked;
    if (only_idle ? !is_idle : !may_go) return;
    switch (primary.give(connection.fd(), connection.line())) {
      case protection::Sent::yes:
        connections_.part_with(connection);
        --most;
        break;
      case protection::Sent::not_now: takes_more = false; break;
      case protection::Sent::never:
        if (is_idle && drain_.begun()) connections_.close(connection);  // it is on no ledger
        break;
    }
  });
  return takes_more;
}

void Conversations::part_with_taken() {
  connections_.for_each([this](Connection& connection) {
    if (connection.line().was_taken()) connections_.part_with(connection);
  });
  forget_closed();
}

void Conversations::close_idle() {
  connections_.for_each([this](Connection& connection) {
    if (connection.state() != State::receiving || !still_waits(connection)) return;
    if (connection.framer().phase() == Phase::idle) connections_.close(connection);
  });
}

void Conversations::forget_closed() {
  gateway::forget_closed(ready_);
  gateway::forget_closed(runnable_);
}

}  // namespace forkscope::gateway
