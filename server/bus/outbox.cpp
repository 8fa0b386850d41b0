#include "bus/outbox.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>

namespace forkscope::bus {

using telemetry::load_relaxed;
using telemetry::store_relaxed;
using telemetry::Word;

namespace {

static_assert((kRingWords & (kRingWords - 1)) == 0);
static_assert(kMaxMessage % sizeof(Word) == 0 && kMaxMessageWords < kRingWords);

std::size_t words_of(std::size_t bytes) { return (bytes + sizeof(Word) - 1) / sizeof(Word); }

std::size_t ring_word(std::uint64_t position) {
  return kRingWord + static_cast<std::size_t>(position & (kRingWords - 1));
}

}  // namespace

OutboxWriter::OutboxWriter(Word* outbox) : outbox_(outbox), places_(outbox + kLaneWord) {}

void OutboxWriter::write(std::string_view bytes) {
  assert(bytes.size() <= kMaxMessage);
  const std::uint64_t begin = load_relaxed(outbox_ + kReservedWord);
  store_relaxed(outbox_ + kReservedWord, begin + words_of(bytes.size()));
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t done = 0; done < bytes.size(); done += sizeof(Word)) {
    Word word = 0;
    std::memcpy(&word, bytes.data() + done, std::min(sizeof(Word), bytes.size() - done));
    store_relaxed(outbox_ + ring_word(begin + done / sizeof(Word)), word);
  }
  places_.write({begin, bytes.size()});
}

std::optional<std::string_view> OutboxReader::read(std::uint64_t n, std::span<Word> buffer) const {
  assert(buffer.size() >= kMaxMessageWords);
  const auto place = places_.read(n);
  if (!place || place->bytes > kMaxMessage) return std::nullopt;
  const std::size_t words = words_of(place->bytes);
  for (std::size_t i = 0; i < words; ++i) {
    buffer[i] = load_relaxed(outbox_ + ring_word(place->begin + i));
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  if (load_relaxed(outbox_ + kReservedWord) - place->begin > kRingWords) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(buffer.data()), place->bytes);
}

}  // namespace forkscope::bus
