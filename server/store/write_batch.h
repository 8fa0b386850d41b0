// One transaction for all writes of one iteration of the event loop.
//
//   begin() ─▶ Change per request ─▶ commit() ─▶ begin_flush() ─▶ flush()
//
// begin() takes the turn to write, then SQLite's write lock; it waits for nobody. A request that
// fails leaves the others alone as long as it has changed nothing. Most never do more than that:
// they check everything first, and then change something by one statement, which SQLite undoes by
// itself where it fails. One that fails later takes the batch along. (A savepoint for each would
// undo it alone, but costs a third of the insert of a todo.) commit() writes the batch to the
// write-ahead log, moves the log into the database when it has grown long, and gives the turn back.
// begin_flush() has the log brought to the disk, and tells when that is through; flush() tells how
// it went. The loop goes on meanwhile, also where the disk stalls; only the holder of the turn ever
// waits for it, with a log that is in doubt or has grown long. The next process runs its batch
// meanwhile, which is worth a third more writes per second; so a reader may see a todo a moment
// before a power cut could no longer take it away, but nobody is told that it was stored.
//
// Where a process dies in its commit, whoever has the turn next finds out what became of it, by the
// number that is part of the transaction, and tells the others (WriteTurn).
//
// A failure that SQLite answers by giving up the whole transaction (disk full, I/O error) marks the
// batch as failed: the requests after it fail at once, and commit() says why.
//
// A flush that fails leaves the log in doubt: fdatasync(2) reports an error once, and Linux takes
// the pages for written from then on. A batch behind such a gap would be lost with it in a power
// cut, however well it was flushed itself. So the next begin() moves everything into the database
// first, and starts a new log. Each process that had the log open hears of the error for itself
// (where a checkpoint flushes first, it is the one that hears), but nobody who opens the log later:
// for a new process it is in doubt as long as there is a commit from before its time of which
// nobody has said that the disk has it. A killed process leaves its doubt behind in this way, also
// one that was killed in its flush.
//
// One per process, used by the thread that made it; refers to a connection and a turn that outlive
// it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "os/one_thread.h"
#include "store/database_files.h"
#include "store/log_flush.h"
#include "store/store_error.h"
#include "store/write_turn.h"

namespace forkscope::store {

/// Keeps figures about what a batch changes, and has them written with it: see TodoCounts.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void request_ended(bool kept) noexcept = 0;
  /// Writes the number of the commit that follows. False: it could not, and the connection knows
  /// why.
  virtual bool before_commit(std::uint64_t number) = 0;
  virtual void batch_ended() noexcept = 0;
  /// The number that is there; nothing: it cannot be read, and the connection knows why.
  virtual std::optional<std::uint64_t> latest_commit() = 0;
};

class WriteBatch {
 public:
  /// `wake` as in LogFlush. The observer may be null. Throws SQLite::Exception.
  WriteBatch(SQLite::Database& database, WriteTurn& turn, const DatabaseFiles& files, int wake = -1,
             BatchObserver* observer = nullptr);
  WriteBatch(const WriteBatch&) = delete;
  WriteBatch& operator=(const WriteBatch&) = delete;
  ~WriteBatch();

  /// False: another process writes, or reads a log in doubt; try again in about a millisecond. Any
  /// other trouble is reported by Change and by commit(). Waits for the disk where the log
  /// is in doubt.
  bool begin();
  /// Nothing on success; otherwise nothing of the batch is kept.
  std::optional<StoreError> commit();
  /// False: the disk has not said yet what has become of the latest commit; ask again when `wake`
  /// has been signalled. May be given up, and be begun for the next commit.
  bool begin_flush();
  /// After begin_flush(). Nothing when all that has been committed is on the disk, in files that
  /// are in place.
  std::optional<StoreError> flush();
  /// Right before commit(): number of the batch. From now on was_kept() is true of it, however this
  /// process ends. 0: it has failed already.
  std::uint64_t announce();
  /// By whoever has the turn: whether a batch that was announced has been committed. Nothing: it
  /// was too long ago.
  std::optional<bool> was_kept(std::uint64_t number) const { return turn_.was_kept(number); }
  /// By another process, which has died: flush() is about it, too.
  void adopt_commit(std::uint64_t number) { own_commit_ = std::max(own_commit_, number); }
  /// The request at hand is about to change something.
  void begin_change() { request_changes_ = true; }
  /// Between begin() and commit().
  bool is_open() const { return open_; }

 private:
  friend class Change;

  int begin_transaction();
  int settle_broken_commit();
  int end_doubt();
  bool make_certain();
  bool log_is_in_doubt();
  void collect_flush();
  int replace_log();
  void begin_request();
  void end_request(bool keep) noexcept;
  StoreError failure_half_way() const;
  void notice_lost_transaction();
  std::optional<StoreError> failure_to_commit(std::uint64_t number);
  void checkpoint_if_due();
  int run(SQLite::Statement& statement) noexcept;
  bool in_transaction() const;

  sqlite3* handle_;
  WriteTurn& turn_;
  const DatabaseFiles& files_;
  const std::string& path_;  ///< For messages.
  BatchObserver* observer_;
  SQLite::Statement begin_;
  SQLite::Statement commit_;
  SQLite::Statement rollback_;
  bool open_ = false;
  bool request_changes_ = false;  ///< The one at hand has begun to change something.
  std::optional<StoreError> failure_;
  int log_pages_ = 0;  ///< Length of the write-ahead log after the latest commit.
  LogFlush log_flush_;
  std::uint64_t own_commit_ = 0;       ///< The latest commit of this process, or adopted by it.
  std::uint64_t flushing_commit_ = 0;  ///< The latest whose flush has begun.
  std::uint64_t flushed_commit_ = 0;   ///< The latest that is flushed.
  std::optional<StoreError> flush_failure_;          ///< Why the log is in doubt.
  std::optional<std::uint64_t> unconfirmed_commit_;  ///< Another reason: it was not on the disk.
  [[no_unique_address]] os::OneThread owner_;
};

/// What one request changes. Where it is not kept at the end of the scope, nothing of the batch is,
/// unless there was nothing yet.
class Change {
 public:
  /// Throws StoreError when the batch has failed already, or when none is open.
  explicit Change(WriteBatch& batch) : batch_(batch) { batch_.begin_request(); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() { batch_.end_request(keep_); }

  void keep() { keep_ = true; }

 private:
  WriteBatch& batch_;
  bool keep_ = false;
};

}  // namespace forkscope::store
