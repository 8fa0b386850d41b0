// A lane: a single-writer, many-reader broadcast ring of fixed-size records.
//
//   word 0      head: how many records have ever been written
//   words 1–7   unused, so that the records start on a cache line of their own
//   words 8…    `capacity` records of `record_words` words; record n lies at n % capacity
//
//   writer, n = head                        reader of record n
//   ────────────────                        ──────────────────
//   1  fence(release)                       1  h = load_acquire(head)
//   2  store the words, relaxed             2  n < h, and h - n < capacity, else none or lost
//   3  store_release(head, n + 1)           3  copy the words, relaxed
//                                           4  fence(acquire)
//                                           5  h' = load_relaxed(head)
//                                           6  the copy is valid only if h' - n < capacity
//
// The writer never waits, never takes a lock, and leaves nothing half-done behind: killed between 1
// and 3, it has not published, and only the oldest record, which every reader already counts as
// overwritten, has been touched. So a lane of capacity 2 is a latch that always holds the last
// complete record, however its writer ended.
//
// The fence in 1 is essential. A release store orders what comes before it, not what comes after:
// without the fence, stores of record n could become visible before the head of record n - 1, and a
// reader of the record that n overwrites would pass its check with torn words.
//
// Loss is exact: a reader that was lapped knows how many records it has missed.
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "forkscope/telemetry/word.h"

namespace forkscope::telemetry {

inline constexpr std::uint32_t kLaneHeaderWords = 8;

constexpr std::uint64_t lane_bytes(std::uint32_t record_words, std::uint32_t capacity) {
  return (kLaneHeaderWords + std::uint64_t{record_words} * capacity) * sizeof(Word);
}

/// The writing end. One at a time per lane, in the whole system. Does not own the memory.
template <typename Record, std::uint32_t Capacity>
class LaneWriter {
  static_assert(std::is_trivially_copyable_v<Record> && sizeof(Record) % sizeof(Word) == 0);
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0);

 public:
  static constexpr std::uint32_t kRecordWords = sizeof(Record) / sizeof(Word);

  LaneWriter() = default;
  explicit LaneWriter(Word* lane) : lane_(lane) {}

  std::uint64_t head() const { return load_relaxed(lane_); }

  /// Publishes the first `bytes` bytes of `record`; readers see older bytes behind them.
  /// Wait-free; returns the new head.
  std::uint64_t write(const Record& record, std::size_t bytes = sizeof(Record)) {
    assert(bytes <= sizeof(Record));
    const std::uint64_t n = load_relaxed(lane_);
    Word* target = lane_ + kLaneHeaderWords + (n & (Capacity - 1)) * kRecordWords;
    const auto* source = reinterpret_cast<const std::byte*>(&record);
    const std::size_t words = (bytes + sizeof(Word) - 1) / sizeof(Word);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < words; ++i) {
      Word word;
      std::memcpy(&word, source + i * sizeof(Word), sizeof(Word));
      store_relaxed(target + i, word);
    }
    assert(load_relaxed(lane_) == n && "a lane has one writer at a time");
    store_release(lane_, n + 1);
    return n + 1;
  }

 private:
  Word* lane_ = nullptr;
};

/// The reading end, for any number of processes. Trusts neither the head nor the records: every
/// index is masked, and a copy is either complete or refused. Does not own the memory.
template <typename Record>
class LaneReader {
  static_assert(std::is_trivially_copyable_v<Record> && sizeof(Record) % sizeof(Word) == 0);

 public:
  LaneReader() = default;
  /// `record_words` and `capacity` come from a validated section table: `capacity` is a power of
  /// two of at least 2. Where `record_words` is less than the size of Record, which has grown
  /// since, the rest of a record is zero.
  LaneReader(const Word* lane, std::uint32_t record_words, std::uint32_t capacity)
      : lane_(lane), record_words_(record_words), capacity_(capacity) {}

  std::uint64_t head() const { return load_acquire(lane_); }
  std::uint32_t capacity() const { return capacity_; }

  /// Record `n`, counted from 0, or nothing when it is not there yet or has been overwritten.
  std::optional<Record> read(std::uint64_t n) const {
    const std::uint64_t before = load_acquire(lane_);
    if (n >= before || before - n >= capacity_) return std::nullopt;
    const Word* source = lane_ + kLaneHeaderWords + (n & (capacity_ - 1)) * record_words_;
    Record record{};
    auto* target = reinterpret_cast<std::byte*>(&record);
    const std::size_t words = std::min<std::size_t>(sizeof(Record) / sizeof(Word), record_words_);
    for (std::size_t i = 0; i < words; ++i) {
      const Word word = load_relaxed(source + i);
      std::memcpy(target + i * sizeof(Word), &word, sizeof(Word));
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    const std::uint64_t after = load_relaxed(lane_);
    if (after < before || after - n >= capacity_) return std::nullopt;
    return record;
  }

  /// The newest record, for lanes used as a latch. Nothing was ever written, or the writer was
  /// faster than `kAttempts` tries: nothing.
  std::optional<Record> latest() const {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::uint64_t n = head();
      if (n == 0) return std::nullopt;
      if (auto record = read(n - 1)) return record;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kAttempts = 64;

  const Word* lane_ = nullptr;
  std::uint32_t record_words_ = 0;
  std::uint32_t capacity_ = 0;
};

/// Follows a lane from where it stood when the cursor was made, and counts what it missed.
template <typename Record>
class LaneCursor {
 public:
  LaneCursor() = default;
  /// Starts `backlog` records before the newest, or as far back as the lane reaches.
  explicit LaneCursor(LaneReader<Record> lane, std::uint64_t backlog = 0) : lane_(lane) {
    const std::uint64_t head = lane_.head();
    const std::uint64_t kept = std::min<std::uint64_t>(head, lane_.capacity() - 1);
    next_ = head - std::min(backlog, kept);
  }

  /// The next record in order, or nothing when the cursor has caught up. Skips what was
  /// overwritten and adds it to `lost()`. A head that moves backwards marks the lane corrupt;
  /// from then on there is nothing.
  std::optional<Record> next() {
    while (!corrupt_) {
      const std::uint64_t head = lane_.head();
      if (head < last_head_) {
        corrupt_ = true;
        break;
      }
      last_head_ = head;
      if (next_ >= head) return std::nullopt;
      if (head - next_ >= lane_.capacity()) {
        const std::uint64_t oldest = head - lane_.capacity() + 1;
        lost_ += oldest - next_;
        next_ = oldest;
      }
      if (auto record = lane_.read(next_)) {
        ++next_;
        retries_ = 0;
        return record;
      }
      if (++retries_ > kMaxRetries) {
        retries_ = 0;
        return std::nullopt;  // the writer is faster than we are: let the caller do other work
      }
    }
    return std::nullopt;
  }

  std::uint64_t lost() const { return lost_; }
  bool corrupt() const { return corrupt_; }

 private:
  static constexpr int kMaxRetries = 64;

  LaneReader<Record> lane_;
  std::uint64_t next_ = 0;
  std::uint64_t last_head_ = 0;
  std::uint64_t lost_ = 0;
  int retries_ = 0;
  bool corrupt_ = false;
};

}  // namespace forkscope::telemetry
