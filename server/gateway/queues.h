// The queues of single workers, into which the kernel puts new connections under `hash` and
// `random` (balancing/port_group.h): our own, and those that the primary has opened to all, because
// their worker does not come. Under any other policy they hold what came before it, if anything.
//
// Part of the Acceptor. Borrows the sockets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::gateway {

class Queues {
 public:
  /// `sockets` by slot; none where there are no queues.
  Queues(std::span<const int> sockets, const telemetry::SegmentView& view, std::uint32_t own_slot)
      : sockets_(sockets), view_(view), own_slot_(own_slot) {}

  /// The listening socket that is ours alone; -1: there is none.
  int own() const { return own_slot_ < sockets_.size() ? sockets_[own_slot_] : -1; }

  void own_waits() { note(own()); }
  /// The primary may have opened some.
  void find_open();

  /// As far as we know, somebody waits in one.
  bool is_pending() const { return !pending_.empty(); }
  /// That one's socket.
  int next() const { return pending_.back(); }
  /// Nobody waits in that one any more.
  void found_empty(int socket) { std::erase(pending_, socket); }

 private:
  void note(int socket);

  std::span<const int> sockets_;
  const telemetry::SegmentView& view_;
  std::uint32_t own_slot_;
  std::vector<int> pending_;  ///< Each once.
};

}  // namespace forkscope::gateway
