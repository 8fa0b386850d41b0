// Hands the turn to write from worker to worker.
//
// Whoever has written wakes the next worker that waits, in order of the workers' numbers, and lets
// it go first once. Without that, whoever has just written would mostly be the first to ask again:
// the others look only every millisecond. Nothing depends on it: a worker that is not woken, or
// woken in vain, asks again by itself, and one that does not use its turn (it is stopped, say) is
// passed over.
//
// One per worker process, used by its event loop. Borrows all that it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "os/event_fd.h"

namespace forkscope::gateway {

class TurnRelay {
 public:
  TurnRelay(const telemetry::SegmentView& view, std::uint32_t own_slot,
            const std::vector<os::EventFd>& wake)
      : view_(view), own_slot_(own_slot), wake_(wake) {}

  /// After a commit.
  void pass_on();
  /// Before the next batch. True: the worker that was woken has not had its turn yet; ask again
  /// later. Never true twice in a row.
  bool gives_way();

 private:
  bool waits(std::uint32_t slot) const;

  const telemetry::SegmentView& view_;
  std::uint32_t own_slot_;
  const std::vector<os::EventFd>& wake_;
  std::optional<std::uint32_t> passed_to_;
  std::uint64_t answered_ = 0;                ///< By that one, when it was woken.
  std::optional<std::uint32_t> passed_over_;  ///< Has not used its turn the last time.
  bool gave_way_ = false;
};

}  // namespace forkscope::gateway
