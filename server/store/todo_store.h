// Todos in an SQLite database that several worker processes share.
//
// Each worker opens it for itself, after its fork, and calls it from its only thread. Reads may run
// at any time and see all that is committed by any process; no read transaction outlives its call,
// or the pair of begin_reads() and end_reads() around it. Writes run between begin_writes() and
// commit_writes(), each request in the scope of a Change, and are durable when flush_writes() has
// returned nothing.
//
// Every function may throw StoreError unless it says otherwise. `path` must not be opened and
// closed by other means in the same process: POSIX would drop SQLite's locks (fcntl(2), "Record
// locks").
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "store/database_files.h"
#include "store/store_error.h"
#include "store/todo.h"
#include "store/todo_counts.h"
#include "store/write_batch.h"
#include "store/write_turn.h"

namespace forkscope::store {

class TodoStore {
 public:
  /// Creates file and schema if missing, or, with `kept` from an earlier worker's
  /// for_successors(), opens what that one had open and nothing else. Throws StoreError, one line
  /// that names path and reason.
  /// `wake` as in LogFlush.
  static TodoStore open(const std::string& path, std::span<const int> kept = {}, int wake = -1);
  ~TodoStore();
  TodoStore(const TodoStore&) = delete;
  TodoStore& operator=(const TodoStore&) = delete;

  /// Descriptors to be kept as long as the server runs, by a process that outlives this one.
  std::vector<os::UniqueFd> for_successors() const { return files_.descriptors(); }

  // ── reading ──
  /// Oldest first: up to `limit` todos with ids above `after`, all or only (un)completed ones.
  std::vector<Todo> list(std::int64_t limit, std::int64_t after, std::optional<bool> completed);
  std::int64_t count(std::optional<bool> completed);
  std::optional<Todo> find(std::int64_t id);
  /// Throws when the store could not serve a request now.
  void check();
  /// Changes whenever the content does, whichever process changed it. Never goes back, never
  /// throws. Not to be asked between begin_writes() and commit_writes().
  std::uint64_t content_version();
  /// The same, and until end_reads() all reads share one transaction, which makes them cheaper.
  /// What a server's worker has committed is in it at once; what another program has committed,
  /// at least a millisecond later. Neither throws.
  std::uint64_t begin_reads();
  void end_reads();

  // ── writing ──
  // None of these four throws.
  /// False: another process has its turn; try again in about a millisecond.
  bool begin_writes() { return batch_.begin(); }
  /// Why nothing of the batch is kept; nothing when all of it is there for every process.
  std::optional<StoreError> commit_writes();
  /// False: the disk has not said yet whether it has the batch; ask again when `wake` (of open())
  /// has been signalled.
  bool begin_flush() { return batch_.begin_flush(); }
  /// After begin_flush(). Why the committed batch may not survive a power cut; nothing when it is
  /// on the disk.
  std::optional<StoreError> flush_writes() { return batch_.flush(); }
  /// Right before commit_writes(): number of the batch; all processes share them.
  std::uint64_t announce_commit() { return batch_.announce(); }
  /// Between begin_writes() and commit_writes(): whether a batch that another process has announced
  /// was committed. Nothing: nobody knows any more.
  std::optional<bool> was_kept(std::uint64_t number) const { return batch_.was_kept(number); }
  /// What another process has committed, and died before it was flushed, is flushed with our own.
  void adopt_commit(std::uint64_t number) { batch_.adopt_commit(number); }
  /// For one request of the batch.
  Change change() { return Change(batch_); }

  Todo insert(const NewTodo& todo);
  /// Nothing: there is no such todo.
  std::optional<Todo> update(std::int64_t id, const TodoPatch& patch);
  bool remove(std::int64_t id);
  void clear();

 private:
  TodoStore(const std::string& path, std::span<const int> kept, int wake);
  void join_shared_reads();
  const std::string& current_second();

  std::string path_;
  WriteTurn turn_;
  DatabaseFiles files_;  ///< Before the database, which is closed first.
  SQLite::Database database_;
  TodoCounts counts_;
  WriteBatch batch_;
  SQLite::Statement list_;
  SQLite::Statement list_by_completed_;
  SQLite::Statement count_;
  SQLite::Statement find_;
  SQLite::Statement insert_;
  SQLite::Statement update_;
  SQLite::Statement remove_;
  SQLite::Statement data_version_;
  SQLite::Statement begin_reads_;
  SQLite::Statement end_reads_;
  std::time_t second_ = 0;
  std::string second_text_;
  bool sharing_reads_ = false;
  std::optional<std::uint64_t> seen_mark_;  ///< As it was before the latest look, if that holds.
  std::chrono::steady_clock::time_point looked_at_;
  std::int64_t seen_data_version_ = 0;
  std::uint64_t content_version_ = 1;
};

}  // namespace forkscope::store
