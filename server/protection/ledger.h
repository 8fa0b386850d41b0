// What a worker knows of its connections, in memory that is still there when the worker is not: an
// entry for each descriptor, and behind it the bytes that it has received and not answered.
//
//   Head            the worker's hand, see below; how much it has adopted
//   Entry × N       by descriptor
//   buffer × N      of kBufferBytes each: what was received, then an answer that is prepared
//
// Written by the worker alone. Its keeper reads it when the worker is dead, or is frozen in a
// handler; neither believes it without checks, for a worker that crashed may have scribbled over
// it. Viewers never see it: it holds what clients have sent. Anonymous shared memory (mmap(2)),
// made by the primary before the fork; pages that nobody has touched cost nothing, and none is ever
// part of a core dump.
//
// The hand is one word that says what the worker is about to touch. It is how a hang is decided:
//
//   idle ──────▶ loop ──▶ framing(c) ──▶ loop        it receives from, sends to any connection
//     ▲           │ ▲
//     └───────────┘ ├──▶ handling(c)                 a handler runs: it touches connection c alone
//                   └──▶ writing(c)                  it has the turn to write
//
//   idle, handling ──▶ taken ──▶ released ──▶ loop   by the primary: the others are not its own any
//   more
//
// Arrows out of `idle` and `handling` are compare-and-exchange on both sides, so that either the
// worker goes on and has all its connections, or the primary has them. A worker that finds itself
// taken waits for `released` and touches nothing until then. What the hand names when a worker dies
// is what killed it, as far as anybody can tell: it is never run again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "forkscope/telemetry/mapping.h"

namespace forkscope::protection {

/// How far the exchange at hand is.
enum class Stage : std::uint32_t {
  none,         ///< No connection.
  open,         ///< Nothing has begun; a request may have arrived, in part or whole.
  begun,        ///< Its handler runs, or has run.
  uncommitted,  ///< It has changed the store, in a batch that is not committed.
  committing,   ///< The commit of that batch is under way, and the answer is prepared.
  unflushed,    ///< Committed; the answer is prepared, and waits for the disk.
  answered,     ///< The answer is on its way: the kernel knows how much of it has left.
  lingering,    ///< All is said.
};

inline constexpr std::uint32_t kInvited = 1;      // "100 Continue" has been sent for this request
inline constexpr std::uint32_t kTooLong = 2;      // more was received than the buffer holds
inline constexpr std::uint32_t kMayRunAgain = 4;  // the application says so
inline constexpr std::uint32_t kCloses = 8;       // the answer says "Connection: close"

struct Entry {
  std::uint32_t stage;  ///< Stage.
  std::uint32_t flags;  ///< kInvited and so on.
  std::uint32_t bytes;  ///< In the buffer: received, from the first byte of the request at hand.
  std::uint32_t request_bytes;   ///< How many of them are that request, once it is whole.
  std::uint32_t prepared_bytes;  ///< Behind them: an answer that may leave as it is.
  std::uint32_t status;          ///< Of that answer (HTTP).
  std::uint32_t answer_bytes;    ///< Of the answer that is on its way.
  std::uint32_t giving;          ///< Its worker gives it away, as its so many-th; 0: it does not.
  std::uint64_t received;        ///< Ever, by whichever worker: what the kernel has to agree with.
  std::uint64_t sent;            ///< The same, up to the answer on its way.
  std::uint64_t batch;  ///< Number of the batch whose commit the prepared answer waits for; or 0.
  std::uint64_t
      parcel;  ///< Number of the parcel that it came with (custody.h); 0: it was accepted.
};
static_assert(sizeof(Entry) == 64);

enum class Hand : std::uint8_t { idle, loop, framing, handling, writing, taken, released };

/// The hand, and the descriptor that it names; -1: none.
struct Grip {
  Hand hand = Hand::loop;
  int fd = -1;
};

/// Shared words, each written whole.
struct Head {
  std::uint64_t hand;      ///< A Grip, packed. Both sides write it, as the picture says.
  std::uint64_t adopted;   ///< Number of the latest parcel that the worker has adopted.
  std::uint64_t revoked;   ///< By the primary: parcels up to this number are somebody else's.
  std::uint64_t protects;  ///< By the primary: 1 while connections are to outlive their worker.
  std::uint64_t keeper;    ///< By the worker, before it serves: pid of its keeper, or 0.
  std::uint64_t why_none;  ///< With that 0: errno of clone(2).
};

class Ledger {
 public:
  static constexpr std::uint32_t kBufferBytes = 64 * 1024;

  /// For descriptors below `capacity`. Throws std::system_error where there is no memory for it.
  /// With a capacity of 0 it keeps nothing, and only has a hand: for a worker that nobody protects.
  explicit Ledger(std::uint32_t capacity);

  bool covers(int fd) const { return fd >= 0 && static_cast<std::uint32_t>(fd) < capacity_; }
  int capacity() const { return static_cast<int>(capacity_); }
  Entry& entry(int fd) const;  ///< Only of one that it covers.
  char* buffer(int fd) const;
  /// The pages of a buffer behind the first one go back to the system.
  void trim(int fd) const;

  /// Processes that are forked from now on do not get it.
  void keep_from_children() const;

  // ── words of the head ──
  std::uint64_t adopted() const;
  void adopted(std::uint64_t parcel) const;
  std::uint64_t revoked() const;
  void revoke(std::uint64_t parcel) const;
  bool protects() const;
  void protects(bool on) const;
  /// pid, or 0 and an errno.
  void keeper(std::int64_t pid, int error) const;
  std::int64_t keeper() const;
  int why_no_keeper() const;

  // ── the hand: by the worker ──
  void idle() const { put({Hand::idle}); }
  void loop() const { put({Hand::loop}); }
  void frame(int fd) const { put({Hand::framing, fd}); }
  void handle(int fd) const { put({Hand::handling, fd}); }
  /// Without a descriptor: no connection is to blame for what happens now.
  void write(int fd = -1) const { put({Hand::writing, fd}); }
  /// From `idle` or `handling` back to `loop`. False: it has been taken meanwhile.
  [[nodiscard]] bool go_on() const;
  /// After that: waits until the primary has all that it wants. The hand stays `released` until the
  /// worker has parted with it, and says loop(): nobody may hand it over once more if it dies
  /// before.
  void await_release() const;

  // ── by the primary ──
  /// False: the worker may be touching any of its connections.
  [[nodiscard]] bool take() const;
  void release() const;
  Grip grip() const;

 private:
  Head& head() const { return *reinterpret_cast<Head*>(mapping_.data()); }
  void put(Grip grip) const;

  std::uint32_t capacity_;
  telemetry::Mapping mapping_;
};

}  // namespace forkscope::protection
