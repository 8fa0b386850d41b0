#include "gateway/event_loop.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <optional>
#include <utility>

#include "os/cpu_count.h"

namespace forkscope::gateway {

namespace {

constexpr std::chrono::milliseconds kWay{1};          // what peers get, to make room before us
constexpr std::chrono::milliseconds kQueueIsFull{1};  // until the primary has read some
constexpr std::chrono::milliseconds kNoRoom{10};      // until somebody may be able to go
/// A connection that has been idle for this long is likely to be one that nobody uses.
constexpr std::chrono::seconds kUnused{1};
/// One that has been idle for less is likely to be used again at once, and then asked to leave.
constexpr std::chrono::milliseconds kUsedJustNow{100};

// What an event is about that is not about a connection.
enum Token : std::uint64_t {
  kListening,
  kOwnQueue,
  kWake,
  kApplication,
  kSignals,
  kPrimary,
  kTokens
};
static_assert(kTokens <= ConnectionTable::kFirstToken);

}  // namespace

EventLoop::EventLoop(const http::Limits& limits, const Surroundings& surroundings,
                     Application& application)
    : own_slot_(surroundings.identity.number - 1),
      listening_socket_(surroundings.listening_socket),
      cpus_(os::usable_cpus()),
      wake_(surroundings.wake),
      application_wake_(surroundings.application_wake),
      signals_(surroundings.signals),
      slot_(surroundings.slot),
      protection_(surroundings.protection),
      drain_(limits.drain_timeout),
      connections_(limits, surroundings.proxies, slot_, protection_.ledger(), epoll_),
      on_call_(surroundings.view, surroundings.board, own_slot_, wake_, cpus_),
      runner_(application, surroundings.identity, listening_socket_, slot_, protection_.ledger(),
              on_call_, surroundings.thrown_to),
      conversations_(limits, connections_, runner_, drain_, signals_, clock_, slot_),
      turn_relay_(surroundings.view, own_slot_, wake_),
      scheduler_(application, runner_, conversations_, turn_relay_, clock_, slot_,
                 protection_.ledger()),
      acceptor_(listening_socket_, surroundings.queues, surroundings.view, surroundings.board,
                own_slot_, wake_) {
  epoll_.add(own_wake().fd(), EPOLLIN, kWake);
  epoll_.add(application_wake_.fd(), EPOLLIN, kApplication);
  epoll_.add(signals_.fd(), EPOLLIN, kSignals);
  if (protection_.fd() >= 0) epoll_.add(protection_.fd(), EPOLLIN, kPrimary);
  listen();
}

void EventLoop::run() {
  while (!drain_.begun() || !connections_.empty()) {
    take_events(wait_ms());
    conversations_.attend_ready();
    // Who has requests serves first. But one look at the queue is cheaper than to pass on a nudge
    // that was about something else.
    if (!scheduler_.has_requests() || acceptor_.is_nudged()) accept();
    serve();
    accept();
    connections_.watch();
    expire();
    give();
    bury();
    tell_load();
  }
}

int EventLoop::wait_ms() const {
  if (conversations_.unfinished() || scheduler_.goes_on()) return 0;
  os::Deadline next = earlier(connections_.next_deadline(), drain_.next_due());
  next = earlier(next, give_again_at_);
  if (listening_) next = earlier(next, acceptor_.retry_at());
  return earlier(next, scheduler_.retry_at()).wait_ms(clock_.now_ns());
}

void EventLoop::take_events(int timeout_ms) {
  const bool may_be_taken = timeout_ms != 0;
  if (may_be_taken) lie_down();
  // Requests that come while writes wait for their turn are likely to be writes as well.
  if (scheduler_.has_parked() && timeout_ms > 0) {
    nap(timeout_ms);
    timeout_ms = 0;
  }
  const auto events = epoll_.wait(timeout_ms);
  const bool is_taken = may_be_taken && !get_up();
  clock_.tick();
  connections_.renew(clock_.now_ns());
  slot_.step(telemetry::Phase::reading, clock_.now_ns());
  if (is_taken) scheduler_.lose_taken();
  std::optional<int> asked_to_go;
  for (const epoll_event& event : events) {
    switch (event.data.u64) {
      case kListening: acceptor_.connection_waits(); break;
      case kOwnQueue: acceptor_.connection_waits_in_own_queue(); break;
      case kWake:
        own_wake().clear();
        acceptor_.nudged();
        break;
      case kApplication: application_wake_.clear(); break;
      case kSignals:
        while (const auto signal = signals_.next()) asked_to_go = signal;
        break;
      case kPrimary: hear_primary(); break;
      default: {
        const auto fd = static_cast<int>(event.data.u64 - ConnectionTable::kFirstToken);
        if (Connection* connection = connections_.find(fd)) {
          conversations_.note(*connection, event.events);
        }
      }
    }
  }
  // Last: what else has been reported, a connection that waits for instance, is known by now.
  if (asked_to_go) {
    begin_drain(*asked_to_go == SIGTERM  ? Drain::Kind::stop
                : protection_.may_give() ? Drain::Kind::give
                                         : Drain::Kind::hand_over);
  }
}

void EventLoop::lie_down() {
  if (listening_) {
    on_call_.call(acceptor_.wants_all_on_call() ? UINT32_MAX : cpus_);
    const bool was_on_call = on_call_.is_on_call();
    const bool is_on_call = on_call_.lie_down(acceptor_.is_pending(), clock_.now_ns());
    if (is_on_call != was_on_call) be_woken(is_on_call);
  }
  slot_.idle();
  protection_.ledger().idle();
}

/// False: our connections have been taken meanwhile.
bool EventLoop::get_up() {
  on_call_.get_up();
  return protection_.ledger().go_on();
}

/// Until a peer passes its turn on, the disk is through, or something is due. Connections are not
/// looked at: each request would wake us for nothing, at the cost of whoever has the turn.
void EventLoop::nap(int timeout_ms) const {
  pollfd wakers[] = {{own_wake().fd(), POLLIN, 0},
                     {application_wake_.fd(), POLLIN, 0},
                     {signals_.fd(), POLLIN, 0},
                     {protection_.fd(), POLLIN, 0}};  // no descriptor is passed over (poll(2))
  ::poll(wakers, std::size(wakers), timeout_ms);
}

void EventLoop::begin_drain(Drain::Kind kind) {
  if (!drain_.begun()) slot_.draining();
  drain_.begin(kind, clock_.now_ns());
  listen();
  if (drain_.closes_idle()) conversations_.close_idle();
}

void EventLoop::serve() {
  if (!scheduler_.has_requests()) return;
  on_call_.begin(acceptor_.is_pending());
  scheduler_.serve();
}

void EventLoop::accept() {
  if (!listening_) return;
  if (acceptor_.lacks_files() && connections_.any_closed()) return;  // one is free after bury()
  const std::size_t count = acceptor_.turn(
      {on_call_.is_on_call(), connections_.gone(), connections_.room()}, clock_.now_ns());
  if (count == 0) return;
  for (std::size_t accepted = 0; accepted < count && accept_one();) ++accepted;
  conversations_.attend_ready();
}

/// False: no more at the moment.
bool EventLoop::accept_one() {
  if (connections_.full() && !make_room()) return false;
  auto accepted = acceptor_.accept(clock_.now_ns());
  if (!accepted && acceptor_.lacks_files()) {
    if (make_room()) acceptor_.try_again_at(os::Deadline::at(clock_.now_ns()));
    return false;
  }
  conversations_.want_room(false);
  if (!accepted) return false;
  conversations_.begin(connections_.add(std::move(*accepted)));
  on_call_.took(clock_.now_ns());
  tell_load();
  return true;
}

/// How many there are, for those who compare; they are told at once.
void EventLoop::tell_load() const {
  const bool takes_some = listening_ && !connections_.full() && !acceptor_.lacks_files();
  acceptor_.tell(takes_some ? connections_.load() : LoadBoard::kTakesNobody);
}

/// If our connections are all in use, peers may have one that is not: they get a moment.
bool EventLoop::make_room() {
  if (!acceptor_.somebody_waits()) {
    conversations_.want_room(false);
    return false;
  }
  const bool is_first_try = !conversations_.wants_room();
  if (is_first_try) slot_.connection_limit_reached();
  conversations_.want_room(true);
  if (conversations_.make_room(is_first_try ? kUnused : kUsedJustNow)) return true;
  if (is_first_try) acceptor_.call_peers(clock_.now_ns());
  acceptor_.try_again_at(os::Deadline::after(clock_.now_ns(), is_first_try ? kWay : kNoRoom));
  return false;
}

void EventLoop::expire() {
  const std::uint64_t now_ns = clock_.now_ns();
  if (drain_.loses_patience(now_ns)) conversations_.close_idle();
  if (drain_.overdue(now_ns)) connections_.abandon_all();
  connections_.expire(now_ns,
                      [this](Connection& connection) { conversations_.time_out(connection); });
}

void EventLoop::hear_primary() {
  while (auto heard = protection_.hear()) {
    wanted_elsewhere_ = std::max<std::size_t>(wanted_elsewhere_, heard->give);
    if (heard->connection) adopt(*heard->connection);
  }
}

/// Where the client is gone already, nobody has it from now on.
void EventLoop::adopt(protection::Message& message) {
  const auto parcel = protection::parcel_of(message);
  Accepted accepted;
  socklen_t bytes = sizeof accepted.peer;
  if (::getpeername(message.connection.get(), reinterpret_cast<sockaddr*>(&accepted.peer),
                    &bytes) != 0) {
    protection_.adopted(parcel->entry.parcel);
    return;
  }
  accepted.fd = std::move(message.connection);
  Connection& connection = connections_.adopt(std::move(accepted), parcel->entry);
  protection_.adopted(parcel->entry.parcel);
  const bool is_whole = conversations_.take_over(connection, *parcel);
  if (parcel->answer.empty()) {
    conversations_.go_on_with(connection);
  } else if (is_whole) {
    scheduler_.adopt_answer(connection, *parcel);
  } else {
    connections_.close(connection);  // it does not answer what has arrived
  }
}

/// All that can go while this worker drains; otherwise those that are asked for, between two
/// requests.
void EventLoop::give() {
  const bool drains = drain_.gives() && !connections_.empty();
  if (!drains && wanted_elsewhere_ == 0) return;
  give_again_at_ = {};
  const std::size_t most = drains ? connections_.open() : std::exchange(wanted_elsewhere_, 0);
  if (protection_.may_give() && !conversations_.give(protection_, most, /*only_idle=*/!drains)) {
    give_again_at_ = os::Deadline::after(clock_.now_ns(), kQueueIsFull);
  }
}

void EventLoop::bury() {
  if (!connections_.any_closed()) return;
  conversations_.forget_closed();
  scheduler_.forget_closed();
  connections_.bury();
}

void EventLoop::listen() {
  const bool on = !drain_.begun();
  if (on == listening_) return;
  listening_ = on;
  // Adding it reports a connection that waits already, here and in be_woken().
  const int own_queue = acceptor_.own_queue();
  if (own_queue >= 0 && on) epoll_.add(own_queue, EPOLLIN | EPOLLET, kOwnQueue);
  if (own_queue >= 0 && !on) epoll_.remove(own_queue);
  if (!on) {
    if (on_call_.is_on_call()) be_woken(false);
    on_call_.leave(acceptor_.is_pending(), clock_.now_ns());
  }
  tell_load();
}

void EventLoop::be_woken(bool on) {
  if (on) {
    epoll_.add(listening_socket_, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, kListening);
  } else {
    epoll_.remove(listening_socket_);
  }
}

}  // namespace forkscope::gateway
