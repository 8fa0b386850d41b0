// Four workers of one server, as the one in slot 1 sees them: a real segment and real eventfds, in
// one process.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "os/event_fd.h"

namespace forkscope::gateway {

/// All are ready.
class PeersTest : public ::testing::Test {
 protected:
  PeersTest() {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      put_into_roster(slot, telemetry::RosterState::ready);
    }
  }

  void put_into_roster(std::uint32_t slot, telemetry::RosterState state) {
    telemetry::RosterRecord record{};
    record.state = static_cast<std::uint64_t>(state);
    segment_.roster(slot).write(record);
  }
  /// The slots that have been woken since the last call.
  std::vector<std::uint32_t> woken() {
    std::vector<std::uint32_t> slots;
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      pollfd entry{wake_[slot].fd(), POLLIN, 0};
      if (::poll(&entry, 1, 0) == 1) slots.push_back(slot);
      wake_[slot].clear();
    }
    return slots;
  }

  static constexpr std::uint32_t kSlots = 4;
  static constexpr std::uint32_t kOwnSlot = 1;
  telemetry::Segment segment_ =
      telemetry::Segment::create({.slots = kSlots, .port = 8000, .host = "127.0.0.1"});
  telemetry::SegmentView view_ = telemetry::SegmentView::over(segment_.data(), segment_.size());
  std::vector<os::EventFd> wake_{kSlots};
};

}  // namespace forkscope::gateway
