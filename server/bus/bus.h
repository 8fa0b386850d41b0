// What the workers of one server tell each other: messages from each to all others, for those who
// are there. It keeps nothing: what has to be found by whoever comes later belongs into a store.
//
//   worker 1 ──publish()──▶ outbox 1 ──receive()──▶ workers 2, 3 …
//   worker 2 ──publish()──▶ outbox 2 ──receive()──▶ workers 1, 3 …
//
// Each worker has an outbox in shared memory (outbox.h) that it alone writes and all others read. A
// worker that waits has said so, and is woken by its eventfd (member.h). So nobody ever waits for
// anybody: one that hangs or is stopped holds up no one, and is told later how much it has missed.
//
// Made by the primary before its first fork, which does nothing else with it; it has to outlive the
// workers. Of its memory only what is written to exists: an outbox costs nothing before its first
// message, and grows up to kOutboxBytes with what its worker has ever published. The same outbox is
// used by all generations of a worker.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bus/outbox.h"
#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/mapping.h"
#include "os/event_fd.h"

namespace forkscope::bus {

class Bus {
 public:
  /// For workers in the first so many slots. Throws std::system_error.
  explicit Bus(std::uint32_t slots = telemetry::kMaxSlots);

  std::uint32_t slots() const { return static_cast<std::uint32_t>(wakes_.size()); }
  /// What a worker has to inherit: one for each slot, as child::Child::descriptors wants them.
  std::vector<int> descriptors() const;
  /// Its words (outbox.h).
  telemetry::Word* outbox(std::uint32_t slot) const;

 private:
  friend class Member;

  /// One more than the highest slot that has ever had a member: where everybody else stops looking.
  std::uint32_t reach() const;
  void reach_at_least(std::uint32_t slots) const;
  /// In a process that was forked from the one that has made this: everything but that outbox
  /// becomes read-only, so that a wild pointer here spoils nobody else's. Throws std::system_error.
  void confine_to(std::uint32_t slot) const;

  std::size_t page_bytes_;
  std::size_t stride_;
  std::vector<os::EventFd> wakes_;  ///< By slot.
  telemetry::Mapping mapping_;      ///< A page with the reach in it, and the outboxes.
  pid_t maker_;
};

}  // namespace forkscope::bus
