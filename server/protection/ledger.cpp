#include "protection/ledger.h"

#include <sys/mman.h>

#include <cassert>
#include <ctime>

#include "forkscope/telemetry/word.h"

namespace forkscope::protection {

using telemetry::load_acquire;
using telemetry::store_release;

namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kKeptPerBuffer = 4096;

std::size_t entries_end(std::uint32_t capacity) {
  const std::size_t end = kHeadBytes + std::size_t{capacity} * sizeof(Entry);
  return (end + kHeadBytes - 1) / kHeadBytes * kHeadBytes;
}

std::size_t total_bytes(std::uint32_t capacity) {
  return entries_end(capacity) + std::size_t{capacity} * Ledger::kBufferBytes;
}

std::uint64_t packed(Grip grip) {
  return static_cast<std::uint64_t>(grip.hand) | std::uint64_t{static_cast<std::uint32_t>(grip.fd)}
                                                     << 32;
}

Grip unpacked(std::uint64_t word) {
  return {static_cast<Hand>(word & 0xFF), static_cast<int>(word >> 32)};
}

bool exchange(std::uint64_t& word, std::uint64_t from, Grip to) {
  return __atomic_compare_exchange_n(&word, &from, packed(to), false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

}  // namespace

Ledger::Ledger(std::uint32_t capacity)
    : capacity_(capacity),
      mapping_(telemetry::Mapping::shared_anonymous(total_bytes(capacity), "a worker's ledger")) {
  ::madvise(mapping_.data(), mapping_.size(), MADV_DONTDUMP);
  put({Hand::loop});
}

Entry& Ledger::entry(int fd) const {
  assert(covers(fd));
  return reinterpret_cast<Entry*>(mapping_.data() + kHeadBytes)[fd];
}

char* Ledger::buffer(int fd) const {
  assert(covers(fd));
  return reinterpret_cast<char*>(mapping_.data()) + entries_end(capacity_) +
         static_cast<std::size_t>(fd) * kBufferBytes;
}

void Ledger::trim(int fd) const {
  ::madvise(buffer(fd) + kKeptPerBuffer, kBufferBytes - kKeptPerBuffer, MADV_REMOVE);
}

void Ledger::keep_from_children() const {
  ::madvise(mapping_.data(), mapping_.size(), MADV_DONTFORK);
}

std::uint64_t Ledger::adopted() const { return load_acquire(&head().adopted); }
void Ledger::adopted(std::uint64_t parcel) const { store_release(&head().adopted, parcel); }
std::uint64_t Ledger::revoked() const { return load_acquire(&head().revoked); }
void Ledger::revoke(std::uint64_t parcel) const { store_release(&head().revoked, parcel); }
bool Ledger::protects() const { return load_acquire(&head().protects) == 1; }
void Ledger::protects(bool on) const { store_release(&head().protects, on ? 1 : 0); }

void Ledger::keeper(std::int64_t pid, int error) const {
  head().why_none = static_cast<std::uint64_t>(error);
  store_release(&head().keeper, static_cast<std::uint64_t>(pid));
}
std::int64_t Ledger::keeper() const {
  return static_cast<std::int64_t>(load_acquire(&head().keeper));
}
int Ledger::why_no_keeper() const { return static_cast<int>(head().why_none); }

void Ledger::put(Grip grip) const { store_release(&head().hand, packed(grip)); }

Grip Ledger::grip() const { return unpacked(load_acquire(&head().hand)); }

bool Ledger::go_on() const {
  const std::uint64_t word = load_acquire(&head().hand);
  const Hand hand = unpacked(word).hand;
  return (hand == Hand::idle || hand == Hand::handling) &&
         exchange(head().hand, word, {Hand::loop});
}

void Ledger::await_release() const {
  static constexpr timespec kMillisecond{0, 1'000'000};
  while (grip().hand != Hand::released) ::nanosleep(&kMillisecond, nullptr);
}

bool Ledger::take() const {
  while (true) {
    const std::uint64_t word = load_acquire(&head().hand);
    const Grip grip = unpacked(word);
    if (grip.hand != Hand::idle && grip.hand != Hand::handling) return false;
    if (exchange(head().hand, word, {Hand::taken, grip.fd})) return true;
  }
}

void Ledger::release() const { put({Hand::released, grip().fd}); }

}  // namespace forkscope::protection
