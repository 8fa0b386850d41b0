#include "gateway/acceptor.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "gateway/fair_share.h"
#include "gateway/peers.h"

namespace forkscope::gateway {

namespace {

constexpr std::chrono::milliseconds kWay{10};          // what a queue gets to become shorter
constexpr std::chrono::milliseconds kLongWay{20};      // the same, where we have no room
constexpr std::chrono::milliseconds kOutOfFiles{100};  // pause after EMFILE
constexpr std::size_t kMostAtOnce = 32;                // between two rounds of requests

}  // namespace

Acceptor::Acceptor(int listening_socket, Balance balance, const telemetry::SegmentView& view,
                   const LoadBoard& board, std::uint32_t own_slot,
                   const std::vector<os::EventFd>& wake)
    : listening_socket_(listening_socket),
      balance_(balance),
      view_(view),
      board_(board),
      own_slot_(own_slot),
      wake_(wake) {}

std::size_t Acceptor::turn(Situation situation, std::uint64_t now_ns) {
  const bool is_nudged = std::exchange(nudged_, false);
  if (!pending_ || !next_try_.has_passed(now_ns)) return 0;
  const std::size_t share =
      balance_ == Balance::kernel && !is_full() ? 1 : own_share(situation, is_nudged, now_ns);
  if (share == 0) return 0;
  next_try_ = kAtOnce;
  gave_way_.reset();
  return share;
}

std::size_t Acceptor::own_share(Situation situation, bool is_nudged, std::uint64_t now_ns) {
  const auto length = queue_length();
  if (length == 0U) {
    gave_way_.reset();
    pending_ = false;
    return 0;
  }
  const std::size_t waiting = length.value_or(1);
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
  const std::size_t share = is_full() ? 0 : fair_share(own, peers_, waiting, most);
  // Whoever has called us looks after the rest. Of the next one an event tells.
  const bool is_all = !situation.is_on_call || (length && share == waiting);
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

/// tcpi_unacked of a listening socket is the length of its queue (tcp_get_info() of the kernel).
/// Nothing: it does not say, and there may be one.
std::optional<std::size_t> Acceptor::queue_length() const {
  tcp_info info{};
  socklen_t bytes = offsetof(tcp_info, tcpi_sacked);
  const bool is_told = ::getsockopt(listening_socket_, IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0;
  // QEMU's user mode answers with its first bytes alone.
  if (!is_told || bytes < offsetof(tcp_info, tcpi_sacked)) return std::nullopt;
  return info.tcpi_unacked;
}

std::optional<Accepted> Acceptor::accept(std::uint64_t now_ns) {
  Accepted accepted;
  socklen_t bytes = sizeof accepted.peer;
  accepted.fd.reset(::accept4(listening_socket_, reinterpret_cast<sockaddr*>(&accepted.peer),
                              &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
  lacks_files_ = false;
  if (accepted.fd) return accepted;
  switch (errno) {
    case EMFILE:
    case ENFILE: lacks_files_ = true; [[fallthrough]];
    case ENOBUFS:
    case ENOMEM:
      pending_ = true;
      next_try_ = os::Deadline::after(now_ns, kOutOfFiles);
      break;
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case EPROTO: break;  // concerns one connection, which is off the queue
    default: pending_ = false;
  }
  return std::nullopt;
}

bool Acceptor::somebody_waits() {
  pollfd queue{listening_socket_, POLLIN, 0};
  pending_ = ::poll(&queue, 1, 0) > 0;
  return pending_;
}

void Acceptor::call_peers(std::uint64_t now_ns) const {
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (slot != own_slot_ && is_available(view_, slot, now_ns)) wake_[slot].signal();
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
