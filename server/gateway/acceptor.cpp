#include "gateway/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace forkscope::gateway {

namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kWayNs = kMillisecondNs;               // what a nudged peer gets
constexpr std::uint64_t kAvailableNs = 20 * kMillisecondNs;    // busy for less is available
constexpr std::uint64_t kOutOfFilesNs = 100 * kMillisecondNs;  // pause after EMFILE

}  // namespace

Acceptor::Acceptor(int listening_socket, Balance balance, const telemetry::SegmentView& view,
                   std::uint32_t own_slot, const std::vector<os::EventFd>& wake)
    : listening_socket_(listening_socket),
      balance_(balance),
      view_(view),
      own_slot_(own_slot),
      wake_(wake) {}

std::optional<Accepted> Acceptor::try_accept(std::uint64_t own_connections, std::uint64_t now_ns) {
  if (!pending_ || (now_ns < not_before_ns_ && !nudged_)) return std::nullopt;
  if (gave_way_ && !nudged_ &&
      view_.counters(gave_way_->slot).connections_accepted != gave_way_->accepted) {
    gave_way_.reset();
    pending_ = false;
    return std::nullopt;
  }
  if (balance_ == Balance::shared && !nudged_ && !gave_way_) {
    if (const auto peer = better_peer(own_connections, now_ns)) {
      gave_way_ = GaveWay{*peer, view_.counters(*peer).connections_accepted};
      wake_[*peer].signal();
      not_before_ns_ = now_ns + kWayNs;
      return std::nullopt;
    }
  }
  nudged_ = false;
  gave_way_.reset();
  not_before_ns_ = now_ns;

  Accepted accepted;
  socklen_t bytes = sizeof accepted.peer;
  accepted.fd.reset(::accept4(listening_socket_, reinterpret_cast<sockaddr*>(&accepted.peer),
                              &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.fd) return accepted;
  switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: not_before_ns_ = now_ns + kOutOfFilesNs; break;
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case EPROTO: break;  // concerns one connection, which is off the queue
    default: pending_ = false;
  }
  return std::nullopt;
}

void Acceptor::pass_on(std::uint64_t now_ns) const {
  if (!pending_ || balance_ == Balance::kernel) return;
  if (const auto peer = better_peer(UINT64_MAX, now_ns)) wake_[*peer].signal();
}

/// The available peer that should have the next connection rather than we: whoever has less to do,
/// and among equals the one with the lowest number, so that light traffic stays on few workers.
std::optional<std::uint32_t> Acceptor::better_peer(std::uint64_t own_connections,
                                                   std::uint64_t now_ns) const {
  std::optional<std::uint32_t> best;
  auto least = std::pair(own_connections > 1 ? own_connections : 0, own_slot_);
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    const auto load = std::pair(load_of(slot), slot);
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
      now_ns > progress.busy_since_ns + kAvailableNs) {
    return false;
  }
  const auto roster = view_.roster(slot);
  return roster && roster->state == static_cast<std::uint64_t>(telemetry::RosterState::ready);
}

}  // namespace forkscope::gateway
