#include "gateway/acceptor.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "balancing/least.h"
#include "balancing/policies.h"
#include "balancing/round_robin.h"
#include "balancing/two_choices.h"
#include "gateway/peers.h"
#include "os/listening_socket.h"

namespace forkscope::gateway {

namespace {

constexpr std::chrono::milliseconds kWay{10};          // what a queue gets to become shorter, and
                                                       // who is called to come
constexpr std::chrono::milliseconds kLongWay{20};      // the same, where we have no room
constexpr std::chrono::milliseconds kOutOfFiles{100};  // pause after EMFILE
constexpr std::size_t kMostAtOnce = 32;                // between two rounds of requests

}  // namespace

Acceptor::Acceptor(int listening_socket, std::span<const int> queues,
                   const telemetry::SegmentView& view, const LoadBoard& board,
                   std::uint32_t own_slot, const std::vector<os::EventFd>& wake)
    : listening_socket_(listening_socket),
      source_(listening_socket),
      queues_(queues, view, own_slot),
      view_(view),
      board_(board),
      own_slot_(own_slot),
      wake_(wake) {
  see_policy();
}

/// Where nothing can be read, it is as before.
void Acceptor::see_policy() {
  if (const auto beat = view_.beat()) {
    policy_ = static_cast<telemetry::BalancePolicy>(beat->balance);
  }
}

bool Acceptor::wants_all_on_call() const {
  return policy_ == telemetry::BalancePolicy::kernel || balancing::takes_turns(policy_);
}

std::size_t Acceptor::turn(Situation situation, std::uint64_t now_ns) {
  const bool is_nudged = std::exchange(nudged_, false);
  if (is_nudged) queues_.find_open();
  if (!next_try_.has_passed(now_ns)) return 0;
  if (queues_.is_pending()) return share_of_queue(situation);
  source_ = listening_socket_;
  if (!pending_) return 0;
  see_policy();
  const std::size_t share = share_of_shared(situation, is_nudged, now_ns);
  if (share == 0) return 0;
  next_try_ = kAtOnce;
  gave_way_.reset();
  called_.reset();
  return share;
}

/// Of those that come later an event tells, or the primary.
std::size_t Acceptor::share_of_queue(Situation situation) {
  source_ = queues_.next();
  waiting_ = queue_length();
  if (waiting_ == 0U) {
    found_empty();
    return 0;
  }
  const std::size_t most = std::clamp<std::size_t>(situation.room, 1, kMostAtOnce);
  return std::min(waiting_.value_or(most), most);
}

std::size_t Acceptor::share_of_shared(Situation situation, bool is_nudged, std::uint64_t now_ns) {
  waiting_ = queue_length();
  if (waiting_ == 0U) {
    gave_way_.reset();
    called_.reset();
    found_empty();
    return 0;
  }
  if (policy_ == telemetry::BalancePolicy::kernel && !is_full()) return 1;
  if (balancing::takes_turns(policy_)) return wait_for_turn(now_ns);
  return own_share(situation, is_nudged, now_ns);
}

/// 1: it is ours, or nobody is there to take it.
std::size_t Acceptor::wait_for_turn(std::uint64_t now_ns) {
  see_all(now_ns);
  if (called_ && os::Deadline::after(called_->since_ns, kWay).has_passed(now_ns)) {
    end_turn(called_->turn, called_->slot);
  }
  const std::uint64_t turn = board_.turn();
  const auto next = policy_ == telemetry::BalancePolicy::round_robin
                        ? balancing::round_robin(turn, peers_)
                        : balancing::two_choices(turn, peers_);
  if (!next || *next == own_slot_) return 1;
  if (!called_ || called_->turn != turn) called_ = Called{turn, *next, now_ns};
  called_->slot = *next;  // the one before may have gone
  wake_[*next].signal();
  next_try_ = os::Deadline::after(now_ns, kWay);
  return 0;
}

/// That slot has taken a connection in this turn, or does not come.
void Acceptor::end_turn(std::uint64_t turn, std::uint32_t slot) const {
  board_.next_turn(turn, policy_ == telemetry::BalancePolicy::round_robin
                             ? balancing::turn_behind(turn, slot, view_.slot_count())
                             : turn + 1);
}

std::size_t Acceptor::own_share(Situation situation, bool is_nudged, std::uint64_t now_ns) {
  const std::size_t waiting = waiting_.value_or(1);
  // One more has come, and there are no more than before: somebody has taken one.
  if (std::exchange(has_come_, false) && gave_way_ && waiting <= gave_way_->waiting) {
    gave_way_.reset();
  }
  const std::uint32_t own = board_.load(own_slot_);
  const bool is_called = is_nudged && situation.is_on_call;  // by who leaves it to us
  const bool is_new_here = own == 0 && situation.gone == 0 && !gave_way_;
  if (waiting == 1 && is_new_here && !is_called && leave_it(now_ns)) return 0;
  // Connections that come and go are no reason to wait for anybody off call.
  see_peers(/*only_on_call=*/own == 0 && situation.gone >= waiting, now_ns);
  const std::size_t most = std::min(situation.room, kMostAtOnce);
  const std::size_t share = is_full() ? 0 : balancing::fair_share(own, peers_, waiting, most);
  // Whoever has called us looks after the rest. Of the next one an event tells.
  const bool is_all = !situation.is_on_call || (waiting_ && share == waiting);
  if (!is_full() && is_all) pending_ = false;
  return share > 0 || !pending_ ? share : give_way(waiting, now_ns);
}

/// One connection waits while somebody on call has just ended another one, and we have not: light
/// traffic stays there.
bool Acceptor::leave_it(std::uint64_t now_ns) {
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (slot == own_slot_ || board_.duty(slot) == Duty::off_call || board_.load(slot) > 0 ||
        !is_free_again(view_, slot, now_ns)) {
      continue;
    }
    wake_[slot].signal();
    gave_way_ = GaveWay{1, now_ns};
    next_try_ = os::Deadline::after(now_ns, kWay);
    return true;
  }
  return false;
}

/// Wakes as many of those who have less as there are connections. Our share, where nobody moves, or
/// nobody is there.
std::size_t Acceptor::give_way(std::size_t waiting, std::uint64_t now_ns) {
  std::vector<std::uint32_t> peers = below(board_.load(own_slot_));
  if (peers.empty()) return 1;
  if (!gave_way_ || waiting < gave_way_->waiting) gave_way_ = GaveWay{waiting, now_ns};
  gave_way_->waiting = waiting;
  // Somebody has to go for it where we have no room, so who is busy for a moment is waited for.
  const auto patience = is_full() ? kLongWay : kWay;
  if (os::Deadline::after(gave_way_->since_ns, patience).has_passed(now_ns)) return 1;
  if (peers.size() > waiting) peers.resize(waiting);
  for (const std::uint32_t slot : peers) wake_[slot].signal();
  next_try_ = os::Deadline::after(now_ns, patience);
  return 0;
}

/// Nothing: the kernel does not say, and there may be one.
std::optional<std::size_t> Acceptor::queue_length() const {
  const auto queue = os::listen_queue(source_);
  return queue ? std::optional<std::size_t>(queue->length) : std::nullopt;
}

std::optional<Accepted> Acceptor::accept(std::uint64_t now_ns) {
  Accepted accepted;
  socklen_t bytes = sizeof accepted.peer;
  accepted.fd.reset(::accept4(source_, reinterpret_cast<sockaddr*>(&accepted.peer), &bytes,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
  lacks_files_ = false;
  const bool is_shared = source_ == listening_socket_;
  if (accepted.fd) {
    if (is_shared && balancing::takes_turns(policy_)) end_turn(board_.turn(), own_slot_);
    if (waiting_ && *waiting_ > 0 && --*waiting_ == 0) found_empty();
    return accepted;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE: lacks_files_ = true; [[fallthrough]];
    case ENOBUFS:
    case ENOMEM:
      if (is_shared) pending_ = true;
      next_try_ = os::Deadline::after(now_ns, kOutOfFiles);
      break;
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case EPROTO:  // concerns one connection, which is off the queue
      if (is_shared) pending_ = true;
      break;
    default: found_empty();
  }
  return std::nullopt;
}

/// The source of this turn. Whether there is a descriptor for the next one, that one shows.
void Acceptor::found_empty() {
  lacks_files_ = false;
  if (source_ == listening_socket_) {
    pending_ = false;
  } else {
    queues_.found_empty(source_);
  }
}

bool Acceptor::somebody_waits() {
  pollfd queue{source_, POLLIN, 0};
  const bool waits = ::poll(&queue, 1, 0) > 0;
  if (waits && source_ == listening_socket_) pending_ = true;
  if (!waits) found_empty();
  return waits;
}

void Acceptor::call_peers(std::uint64_t now_ns) const {
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (slot != own_slot_ && is_available(view_, slot, now_ns)) wake_[slot].signal();
  }
}

/// All that take somebody, and ourselves.
void Acceptor::see_all(std::uint64_t now_ns) {
  peers_.resize(view_.slot_count());
  for (std::uint32_t slot = 0; slot < peers_.size(); ++slot) {
    peers_[slot] = board_.load(slot);
    if (slot != own_slot_ && peers_[slot] != LoadBoard::kTakesNobody &&
        !is_available(view_, slot, now_ns)) {
      peers_[slot] = LoadBoard::kTakesNobody;
    }
  }
}

/// Whether those who have less than we are available is looked up; it does not matter of others.
void Acceptor::see_peers(bool only_on_call, std::uint64_t now_ns) {
  const std::uint32_t own_load = board_.load(own_slot_);
  peers_.resize(view_.slot_count());
  for (std::uint32_t slot = 0; slot < peers_.size(); ++slot) {
    const bool counts = slot != own_slot_ && !(only_on_call && board_.duty(slot) == Duty::off_call);
    peers_[slot] = counts ? board_.load(slot) : LoadBoard::kTakesNobody;
    if (peers_[slot] < own_load && !is_available(view_, slot, now_ns)) {
      peers_[slot] = LoadBoard::kTakesNobody;
    }
  }
}

/// Of the peers as they were seen last, those with less than that, beginning with the least.
std::vector<std::uint32_t> Acceptor::below(std::uint32_t load) const {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < peers_.size(); ++slot) {
    if (peers_[slot] < load) slots.push_back(slot);
  }
  std::stable_sort(slots.begin(), slots.end(), [this](std::uint32_t one, std::uint32_t other) {
    return peers_[one] < peers_[other];
  });
  return slots;
}

}  // namespace forkscope::gateway
