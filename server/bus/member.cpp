#include "bus/member.h"

#include <atomic>
#include <cassert>
#include <stdexcept>
#include <string>
#include <utility>

namespace forkscope::bus {

namespace {

std::uint32_t checked(const Bus& bus, std::uint32_t slot) {
  if (slot < bus.slots()) return slot;
  throw std::out_of_range("the message bus has no place for worker " + std::to_string(slot + 1));
}

}  // namespace

Member::Member(Bus& bus, std::uint32_t slot)
    : bus_(bus),
      slot_(checked(bus, slot)),
      outbox_(bus.outbox(slot)),
      next_(bus.slots()),
      answered_(bus.slots()),
      buffer_(kMaxMessageWords) {
  // Of whoever comes later everything is read, from its first message on.
  for (std::uint32_t other = 0; other < bus_.reach(); ++other) {
    next_[other] = OutboxReader(bus_.outbox(other)).head();
  }
  bus_.reach_at_least(slot_ + 1);
  bus_.confine_to(slot_);
  wake_who_asked();  // for the last message of the one before, which died before it could do so
}

bool Member::publish(std::string_view bytes) {
  assert(owner_.is_here());
  if (bytes.size() > kMaxMessage) return false;
  outbox_.write(bytes);
  wake_who_asked();
  return true;
}

void Member::wake_who_asked() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::uint32_t reach = bus_.reach();
  for (std::uint32_t slot = 0; slot < reach; ++slot) {
    const std::uint64_t asked = OutboxReader(bus_.outbox(slot)).asked();
    if (slot == slot_ || asked == answered_[slot]) continue;
    answered_[slot] = asked;
    bus_.wakes_[slot].signal();
  }
}

int Member::fd() {
  assert(owner_.is_here());
  const os::EventFd& wake = bus_.wakes_[slot_];
  if (!std::exchange(waits_, true)) {
    ask();
    if (is_anything_there()) wake.signal();
  }
  return wake.fd();
}

void Member::ask() {
  outbox_.ask();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool Member::is_anything_there() const {
  const std::uint32_t reach = bus_.reach();
  for (std::uint32_t slot = 0; slot < reach; ++slot) {
    if (slot != slot_ && OutboxReader(bus_.outbox(slot)).head() != next_[slot]) return true;
  }
  return false;
}

bool Member::receive(const OnMessage& on_message, const OnLost& on_lost) {
  assert(owner_.is_here());
  const std::uint32_t reach = bus_.reach();
  std::uint32_t left = kPerCall;
  for (std::uint32_t i = 0; i < reach && left > 0; ++i) {
    const std::uint32_t slot = (first_ + i) % reach;
    if (slot != slot_) left -= take_from(slot, left, on_message, on_lost);
    if (left == 0) first_ = (slot + 1) % reach;
  }
  if (left == 0) return true;
  if (!waits_) return false;
  // Until here fd() was left readable: whoever returns or throws in between finds it so.
  const os::EventFd& wake = bus_.wakes_[slot_];
  wake.clear();
  ask();
  if (!is_anything_there()) return false;
  wake.signal();
  return true;
}

std::uint32_t Member::take_from(std::uint32_t slot, std::uint32_t at_most,
                                const OnMessage& on_message, const OnLost& on_lost) {
  const OutboxReader outbox(bus_.outbox(slot));
  std::uint64_t& next = next_[slot];
  std::uint64_t head = outbox.head();
  std::uint64_t lost = 0;
  if (head < next) {
    next = head;
    on_lost(slot + 1, 0);
  }
  std::uint32_t looked_at = 0;
  for (; next < head && looked_at < at_most; ++looked_at) {
    if (head - next >= kPlaces) {
      lost += head - (kPlaces - 1) - next;
      next = head - (kPlaces - 1);
    }
    const std::uint64_t number = next++;
    const auto bytes = outbox.read(number, buffer_);
    if (!bytes) {
      ++lost;
      head = outbox.head();  // it is faster than we are
      continue;
    }
    if (lost > 0) on_lost(slot + 1, std::exchange(lost, 0));
    on_message({slot + 1, number, *bytes});
  }
  if (lost > 0) on_lost(slot + 1, lost);
  return looked_at;
}

}  // namespace forkscope::bus
