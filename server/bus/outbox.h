// The messages of one worker, in shared memory: a lane of the telemetry (lane.h) that says where
// each of them lies, and a ring of bytes in which they lie.
//
//   word 0      asked: how often the worker has asked to be woken (member.h)
//   word 8      reserved: the end of what has ever been written to the ring, or is being written
//   word 16…    lane: of message n, where it begins and how long it is
//   behind it   ring: kRingWords words; a message begins with a whole one
//
// Positions count words, and only grow; that of the ring's word is position % kRingWords.
//
//   writer, message n                       reader of message n
//   ─────────────────                       ───────────────────
//   1  store_relaxed(reserved, its end)     1  takes record n of the lane: begin and length
//   2  fence(release)                       2  copies the words, relaxed
//   3  stores the words, relaxed            3  fence(acquire)
//   4  writes record n to the lane          4  r = load_relaxed(reserved)
//                                           5  the copy is valid only if r - begin <= kRingWords
//
// If the reader has seen in 2 a word of a later message, the fences have it see in 4 that the
// message had been announced in 1, and 5 refuses the copy. The lane protects its records in the
// same way.
//
// A writer that is killed leaves the lane as it was before 4, or as it is after. What it had
// reserved nobody refers to; its successor goes on behind that. Both sides take every number that
// they find for a possible lie: whatever stands in an outbox, only an outbox is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "forkscope/telemetry/lane.h"
#include "forkscope/telemetry/word.h"

namespace forkscope::bus {

inline constexpr std::size_t kMaxMessage = 64 * 1024;  // bytes

/// Of the lane: where a message lies.
struct Place {
  std::uint64_t begin;  ///< Position in the ring.
  std::uint64_t bytes;
};

inline constexpr std::uint32_t kPlaceWords = sizeof(Place) / sizeof(telemetry::Word);
inline constexpr std::uint32_t kPlaces = 8192;            // messages that can be read, and one more
inline constexpr std::size_t kRingWords = (1 << 20) / 8;  // 1 MiB
inline constexpr std::size_t kMaxMessageWords = kMaxMessage / sizeof(telemetry::Word);

inline constexpr std::size_t kReservedWord = 8;
inline constexpr std::size_t kLaneWord = 16;
inline constexpr std::size_t kRingWord =
    kLaneWord + telemetry::lane_bytes(kPlaceWords, kPlaces) / sizeof(telemetry::Word);
/// Of one outbox, without what fills its last page: 1.1 MiB.
inline constexpr std::size_t kOutboxBytes = (kRingWord + kRingWords) * sizeof(telemetry::Word);

/// The writing end; one at a time in the whole system. Does not own the memory.
class OutboxWriter {
 public:
  /// Goes on where the last one had ended, or had been killed.
  explicit OutboxWriter(telemetry::Word* outbox);

  /// `bytes` are kMaxMessage at most. Wait-free.
  void write(std::string_view bytes);
  /// Number of the next question to be woken (member.h).
  void ask() { telemetry::add_relaxed(outbox_, 1); }

 private:
  telemetry::Word* outbox_;
  telemetry::LaneWriter<Place, kPlaces> places_;
};

/// The reading end, for any number of processes. Does not own the memory.
class OutboxReader {
 public:
  explicit OutboxReader(const telemetry::Word* outbox)
      : outbox_(outbox), places_(outbox + kLaneWord, kPlaceWords, kPlaces) {}

  /// How many messages were ever written.
  std::uint64_t head() const { return places_.head(); }
  std::uint64_t asked() const { return telemetry::load_relaxed(outbox_); }

  /// Message `n` below head(), in `buffer`, which has kMaxMessageWords; nothing where it has been
  /// overwritten, which includes: meanwhile.
  std::optional<std::string_view> read(std::uint64_t n, std::span<telemetry::Word> buffer) const;

 private:
  const telemetry::Word* outbox_;
  telemetry::LaneReader<Place> places_;
};

}  // namespace forkscope::bus
