#include "gateway/turn_relay.h"

namespace forkscope::gateway {

void TurnRelay::pass_on() {
  gave_way_ = false;
  passed_to_.reset();
  const std::uint32_t slots = view_.slot_count();
  for (std::uint32_t step = 1; step < slots; ++step) {
    const std::uint32_t slot = (own_slot_ + step) % slots;
    if (slot == passed_over_ || !waits(slot)) continue;
    wake_[slot].signal();
    passed_to_ = slot;
    answered_ = view_.requests_total(slot);
    break;
  }
  passed_over_.reset();
}

bool TurnRelay::gives_way() {
  if (!passed_to_) return false;
  if (view_.requests_total(*passed_to_) != answered_ || !waits(*passed_to_)) {
    passed_to_.reset();
    return false;
  }
  if (gave_way_) {
    passed_over_ = passed_to_;
    passed_to_.reset();
    return false;
  }
  gave_way_ = true;
  return true;
}

bool TurnRelay::waits(std::uint32_t slot) const {
  if (view_.writes_parked(slot) == 0) return false;
  const auto roster = view_.roster(slot);
  return roster && roster->state == static_cast<std::uint64_t>(telemetry::RosterState::ready);
}

}  // namespace forkscope::gateway
