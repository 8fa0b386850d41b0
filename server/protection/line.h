// One line of the ledger: how far a connection is, told by its worker step by step.
//
//   open() ─▶ received()… ─▶ begin() ─┬─▶ answer() ──────────────────────────────────────┬─▶ next()
//                                     └─▶ uncommitted() ─▶ committing() ─▶ unflushed() ──┘ close()
//
// Whatever has not been told is not true yet: a worker may die between any two of these. A line
// that is not kept, because there is no room for its descriptor, ignores all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protection/ledger.h"

namespace forkscope::protection {

class Line {
 public:
  /// Of that descriptor, which has a connection from now on.
  Line(const Ledger& ledger, int fd);

  /// It came with a parcel: the totals of its former workers go on. received() follows, and then
  /// what the parcel's stage asks for.
  void adopt(const Entry& parcel);

  /// Bytes that recv(2) has given.
  void received(std::string_view bytes);
  /// So much of a "100 Continue" has been sent: no other worker sends it again.
  void invited(std::size_t sent_bytes);

  /// The bytes of its request are being looked at, and have been.
  void frame() const { ledger_->frame(fd_); }
  void framed() const { ledger_->loop(); }

  /// The request at hand is whole, with `rest` bytes of later ones behind it, and is about to run.
  void begin(std::size_t rest, bool may_run_again);
  /// Its handler has run, in a batch of writes, of which nothing is kept yet.
  void uncommitted();
  /// That batch, of that number, is about to be committed, or has been by somebody who did not live
  /// to see it. 0: nobody could tell whether it was.
  void committing(std::string_view answer, int status, std::uint64_t batch);
  /// It is: the answer leaves when the disk has it.
  void unflushed();
  /// An answer that may leave at once, as it is: if its worker dies meanwhile, somebody else sends
  /// it. Of use where the request may not run again. One that came with a parcel waits for `batch`.
  void prepared(std::string_view answer, int status, std::uint64_t batch = 0);
  /// The answer, of so many bytes, leaves from now on; the connection ends behind it or does not.
  void answer(std::size_t bytes, bool closes);
  /// It has left. `rest` is what has arrived behind its request.
  void next(std::string_view rest);
  /// It has left, and nothing follows.
  void linger();
  void close();
  /// It is about to be given away, as the so many-th; 0: it has not been.
  void give(std::uint32_t number);

  bool may_run_again() const { return entry_ != nullptr && (entry_->flags & kMayRunAgain) != 0; }
  /// For a parcel; only of one that is kept.
  const Entry& entry() const { return *entry_; }
  bool is_kept() const { return entry_ != nullptr; }
  /// Whether somebody else has it, after the worker was frozen (fate.h).
  bool was_taken() const {
    return stage() == Stage::open ||
           ((is_in_doubt() || stage() == Stage::unflushed) && entry_->prepared_bytes > 0);
  }
  bool is_in_doubt() const { return stage() == Stage::committing; }
  /// Of one that is kept: what was prepared, and waits for entry().batch.
  std::string_view prepared_answer() const {
    return {ledger_->buffer(fd_) + entry_->bytes, entry_->prepared_bytes};
  }
  Stage stage() const {
    return entry_ != nullptr ? static_cast<Stage>(entry_->stage) : Stage::none;
  }

 private:
  void move_to(Stage stage);

  const Ledger* ledger_;
  int fd_;
  Entry* entry_;
};

}  // namespace forkscope::protection
