// The turn to write: a lock file that one process at a time holds while it changes the database.
//
// SQLite has locks of its own, and they stay in force. The turn stands in front of them because
//   - SQLite's busy handler polls with growing pauses, so that under constant load one process can
//     keep the lock for good. Whoever waits for the turn asks again every millisecond;
//   - SQLite 3.7.0 to 3.51.2 can corrupt a database when one connection resets the write-ahead log
//     while another one checkpoints it. Commits and checkpoints share one turn, so they never meet.
//
// The lock is flock(2) on a file of its own, `<database>-turn`: the kernel frees it when its owner
// dies, however it dies. (A lock on the database file itself is out of the question: closing any
// descriptor of that file would drop SQLite's POSIX locks.)
//
// The file also holds some words of 64 bits, which every process has in its memory (mmap(2)), as
// SQLite has the index of its log.
//
// The change mark, by which processes that only read can tell without SQLite's locks that nothing
// has been committed since they looked: the holder of the turn makes it odd before it commits, and
// even again after. Where the holder dies in between it stays odd, which says "look for yourself"
// until the next one has the turn, who finds out what became of that commit. The even marks number
// the commits.
//
// What became of the latest few that failed, or whose process died in them.
//
// The latest commit that the disk has for certain, with all before it. Commits behind it are being
// flushed, or their flush has failed, or whoever flushed them is dead (WriteBatch).
//
// The log that SQLite has removed, and which files belong together (DatabaseFiles).
//
// One per process, opened after the fork: a lock that was opened before would be shared. Owns the
// descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "os/one_thread.h"
#include "os/unique_fd.h"

namespace forkscope::store {

class WriteTurn {
 public:
  /// Opens the lock file, and creates it (mode 0600) if it is missing. Throws StoreError.
  explicit WriteTurn(std::string path);
  WriteTurn(const WriteTurn&) = delete;
  WriteTurn& operator=(const WriteTurn&) = delete;

  /// Never waits. False: another process has it, or the file has been deleted or replaced, and
  /// whoever comes later would lock another one.
  bool try_take();
  /// Without effect when the turn is not held.
  void release();

  /// By the holder of the turn: a commit is about to begin, and is through.
  void announce_commit() { mark(word(kMarkAt) | 1); }
  void confirm_commit() { mark((word(kMarkAt) | 1) + 1); }
  /// Equal marks: between the two calls nobody has committed. Nothing: that cannot be told.
  std::optional<std::uint64_t> change_mark() const;

  /// Of the latest commit, whether it is through or not; 0 = there was none.
  std::uint64_t latest_commit() const;

  /// By the holder of the turn: whoever had it before died in latest_commit().
  bool is_commit_broken() const { return word(kMarkAt) % 2 == 1; }
  /// Instead of confirm_commit(), where it has failed, or its process died in it.
  void settle_commit(bool kept);
  /// Between two commits, of one that was announced. Nothing: nobody knows any more.
  std::optional<bool> was_kept(std::uint64_t number) const;
  /// Of the latest that is known to be on the disk.
  std::uint64_t latest_flushed() const { return word(kFlushedAt); }
  /// Commit `number` and all before it are on the disk. May be called without the turn.
  void note_flush(std::uint64_t number);

  /// Inode number of the log that SQLite has removed when the last connection was closed; 0 = there
  /// is none, or it is in use.
  std::uint64_t removed_log() const { return word(kRemovedLogAt); }
  void note_removed_log(std::uint64_t inode) { put_word(kRemovedLogAt, inode); }

  /// Inode numbers of what was used together the last time.
  struct Company {
    std::uint64_t turn = 0;
    std::uint64_t database = 0;
    std::uint64_t log = 0;
  };
  Company company() const;
  void note_company(const Company& company);

 private:
  // Which word is which.
  static constexpr std::size_t kMarkAt = 0;
  static constexpr std::size_t kFlushedAt = 1;
  static constexpr std::size_t kRemovedLogAt = 2;
  static constexpr std::size_t kCompanyAt = 3;
  static constexpr std::size_t kSettledAt = 6;  ///< Of each the number, one higher if it was kept.
  static constexpr std::size_t kSettledCount = 8;
  static constexpr std::size_t kBytes = (kSettledAt + kSettledCount) * sizeof(std::uint64_t);

  struct Unmap {
    void operator()(std::uint64_t* words) const;
  };

  bool map_words();
  bool file_is_still_there() const;
  static std::size_t settled_at(std::uint64_t number);
  void mark(std::uint64_t word);
  std::uint64_t word(std::size_t at) const;
  void put_word(std::size_t at, std::uint64_t word);

  std::string path_;
  os::UniqueFd file_;
  std::unique_ptr<std::uint64_t, Unmap> words_;
  [[no_unique_address]] os::OneThread owner_;
  bool held_ = false;
};

}  // namespace forkscope::store
