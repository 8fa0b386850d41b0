#include "gateway/acceptor.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

namespace forkscope::gateway {

namespace {

constexpr std::chrono::milliseconds kWay{1};           // what a nudged peer gets
constexpr std::chrono::milliseconds kAvailable{20};    // busy for less is available
constexpr std::chrono::milliseconds kOutOfFiles{100};  // pause after EMFILE

}  // namespace

Acceptor::Acceptor(int listening_socket, Balance balance, std::size_t max_connections,
                   const telemetry::SegmentView& view, std::uint32_t own_slot,
                   const std::vector<os::EventFd>& wake)
    : listening_socket_(listening_socket),
      balance_(balance),
      max_connections_(max_connections),
      view_(view),
      own_slot_(own_slot),
      wake_(wake) {}

bool Acceptor::has_turn(std::uint64_t own_connections, std::uint64_t now_ns) {
  const bool is_full = own_connections >= max_connections_;
  if (is_full) nudged_ = false;  // that was for a worker with room
  if (!pending_ || (!next_try_.has_passed(now_ns) && !nudged_)) return false;
  if (gave_way_ && !nudged_ &&
      view_.counters(gave_way_->slot).connections_accepted != gave_way_->accepted) {
    gave_way_.reset();
    pending_ = false;
    return false;
  }
  if ((balance_ == Balance::shared || is_full) && !nudged_ && !gave_way_) {
    // Full: to whoever has room. Otherwise whoever has less to do, and among equals the one with
    // the lowest number, so that light traffic stays on few workers.
    const Load least = is_full ? Load{max_connections_, 0}
                               : Load{own_connections > 1 ? own_connections : 0, own_slot_};
    if (const auto peer = peer_below(least, now_ns)) {
      gave_way_ = GaveWay{*peer, view_.counters(*peer).connections_accepted};
      wake_[*peer].signal();
      // At our limit somebody has to go for it, so a peer that is busy for a moment is waited for.
      next_try_ = os::Deadline::after(now_ns, is_full ? kAvailable : kWay);
      return false;
    }
  }
  nudged_ = false;
  gave_way_.reset();
  next_try_ = kAtOnce;
  return true;
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
    case ENOMEM: next_try_ = os::Deadline::after(now_ns, kOutOfFiles); break;
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
    if (slot != own_slot_ && available(slot, now_ns)) wake_[slot].signal();
  }
}

void Acceptor::pass_on(std::uint64_t now_ns) const {
  if (!pending_ || balance_ == Balance::kernel) return;
  if (const auto peer = peer_below({UINT64_MAX, 0}, now_ns)) wake_[*peer].signal();
}

/// The available peer that has least to do, if that is below `least`.
std::optional<std::uint32_t> Acceptor::peer_below(Load least, std::uint64_t now_ns) const {
  std::optional<std::uint32_t> best;
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    const Load load{load_of(slot), slot};
    if (slot != own_slot_ && load < least && available(slot, now_ns)) {
      least = load;
      best = slot;
    }
  }
  return best;
}

/// Its connections; a single one that asks for nothing at the moment counts as none. It is seldom
/// used, or its client has closed it and the worker doesn't know yet.
std::uint64_t Acceptor::load_of(std::uint32_t slot) const {
  const std::uint64_t connections = view_.counters(slot).connections_open;
  if (connections != 1) return connections;
  const auto phase = static_cast<telemetry::Phase>(view_.progress(slot).phase);
  return phase == telemetry::Phase::handling || phase == telemetry::Phase::committing ||
                 phase == telemetry::Phase::flushing
             ? 1
             : 0;
}

bool Acceptor::available(std::uint32_t slot, std::uint64_t now_ns) const {
  const telemetry::Progress progress = view_.progress(slot);
  if (progress.ready_ns == 0 || progress.draining != 0) return false;
  if (progress.phase != static_cast<std::uint64_t>(telemetry::Phase::idle) &&
      os::Deadline::after(progress.busy_since_ns, kAvailable).has_passed(now_ns)) {
    return false;
  }
  const auto roster = view_.roster(slot);
  return roster && roster->state == static_cast<std::uint64_t>(telemetry::RosterState::ready);
}

}  // namespace forkscope::gateway
