#include "gateway/on_call.h"

#include <chrono>

#include "gateway/peers.h"
#include "os/deadline.h"

namespace forkscope::gateway {

namespace {

constexpr std::uint32_t kAsleep = 2;
constexpr std::chrono::milliseconds kShift{100};  // nobody leaves before it is over

}  // namespace

OnCall::OnCall(const telemetry::SegmentView& view, const LoadBoard& board, std::uint32_t own_slot,
               const std::vector<os::EventFd>& wake, std::uint32_t most)
    : view_(view), board_(board), own_slot_(own_slot), wake_(wake), most_(most) {
  board_.tell_duty(own_slot_, Duty::off_call);  // a former worker may have left something else
}

bool OnCall::lie_down(bool has_to_stay, std::uint64_t now_ns) {
  if (!is_on_call_ || (shift_ends_.has_passed(now_ns) && !has_to_stay)) {
    is_on_call_ = on_call() < most_ || asleep(now_ns) < (is_on_call_ ? 1 : kAsleep);
    shift_ends_ = os::Deadline::after(now_ns, kShift);
  }
  board_.tell_duty(own_slot_, is_on_call_ ? Duty::asleep : Duty::off_call);
  return is_on_call_;
}

void OnCall::took(std::uint64_t now_ns) { shift_ends_ = os::Deadline::after(now_ns, kShift); }

void OnCall::get_up() {
  if (is_on_call_) board_.tell_duty(own_slot_, Duty::awake);
}

void OnCall::leave(bool somebody_waits, std::uint64_t now_ns) {
  is_on_call_ = false;
  board_.tell_duty(own_slot_, Duty::off_call);
  begin(somebody_waits);
  find_others(now_ns);
}

void OnCall::find_others(std::uint64_t now_ns) {
  if (has_looked_) return;
  has_looked_ = true;
  const std::uint32_t asleep = this->asleep(now_ns);
  if (asleep > 0 && somebody_waits_) wake_one(Duty::asleep, now_ns);
  if (asleep < kAsleep) wake_one(Duty::off_call, now_ns);
}

/// How many others are. Some of them may be dead by now.
std::uint32_t OnCall::on_call() const {
  std::uint32_t count = 0;
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (slot != own_slot_ && board_.duty(slot) != Duty::off_call) ++count;
  }
  return count;
}

/// How many of those sleep and can be woken; counts no further than kAsleep.
std::uint32_t OnCall::asleep(std::uint64_t now_ns) const {
  std::uint32_t count = 0;
  for (std::uint32_t slot = 0; slot < view_.slot_count() && count < kAsleep; ++slot) {
    if (slot != own_slot_ && board_.duty(slot) == Duty::asleep &&
        is_available(view_, slot, now_ns)) {
      ++count;
    }
  }
  return count;
}

void OnCall::wake_one(Duty duty, std::uint64_t now_ns) {
  for (std::uint32_t step = 1; step <= view_.slot_count(); ++step) {
    const std::uint32_t slot = (latest_ + step) % view_.slot_count();
    if (slot == own_slot_ || board_.duty(slot) != duty ||
        board_.load(slot) == LoadBoard::kTakesNobody || !is_available(view_, slot, now_ns)) {
      continue;
    }
    wake_[slot].signal();
    latest_ = slot;
    return;
  }
}

}  // namespace forkscope::gateway
