// The files that a database consists of, and whether they are still the ones that this server's
// life began with.
//
//   todos.db         the database
//   todos.db-wal     its log: what has been committed and not moved into the database yet
//   todos.db-shm     the index of the log, shared by all who have it open
//   todos.db-turn    the turn to write (WriteTurn)
//
// They stand or fall together. A new database beside an old log, a log that is deleted but still
// open, or a second turn would make a worker acknowledge what no restart shows, or show something
// else than its peers. So the first worker of a server opens what there is, or creates it, and
// hands a descriptor of each file to the primary, which keeps them: as long as a file is open, no
// other one can get its inode number. Every later worker opens these very files, or none. And
// whoever writes looks before the commit, and before it acknowledges anything, whether all of them
// are where they were.
//
// The log may be another one only after the last connection has been closed in order: then SQLite
// has moved everything into the database, and has removed the log and its index. The turn
// remembers that.
//
// One per TodoStore: made before SQLite opens the database, destroyed after it has closed it.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "store/store_error.h"
#include "store/write_turn.h"

namespace forkscope::store {

class DatabaseFiles {
 public:
  /// `given` is the path as the user wrote it, which may be a symbolic link; `path` what it means.
  /// `kept` are the descriptors that an earlier worker of this server has left behind, empty for
  /// the first one. Throws StoreError when the database must not be opened: other files are in
  /// place of those, or a log without its database.
  DatabaseFiles(std::string given, const std::string& path, WriteTurn& turn,
                std::span<const int> kept);
  DatabaseFiles(const DatabaseFiles&) = delete;
  DatabaseFiles& operator=(const DatabaseFiles&) = delete;
  /// Notes in the turn whether SQLite has removed the log.
  ~DatabaseFiles();

  const std::string& path() const { return paths_[kDatabase]; }
  /// Whether the database is there; otherwise it has to be created, which is only the first
  /// worker's to do.
  bool database_exists() const { return database_exists_; }

  /// After SQLite has opened everything. Throws StoreError when it has not opened what is in place
  /// now, or what is to be opened.
  void hold();
  /// After hold(): SQLite's own. An error of the disk is told to each descriptor once.
  int log_descriptor() const { return log_descriptor_; }
  /// Before SQLite closes anything.
  void prepare_to_close();

  /// Why one of the files is not where it was; nothing when all are.
  std::optional<StoreError> misplaced() const;

  /// One per file (O_PATH), for successors. Throws StoreError as hold() does.
  std::vector<os::UniqueFd> descriptors() const;

 private:
  static constexpr std::size_t kFiles = 4;
  enum File : std::size_t { kDatabase, kLog, kIndex, kTurn };

  /// While a process has the file open, no other one has the same.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  using Identities = std::array<Identity, kFiles>;  ///< Zeroes: there is none.

  static Identity identity_at(const std::string& path);
  static Identity identity_of(int fd);
  static int descriptor_of(const Identity& file);

  StoreError displaced(std::size_t file) const;
  void require_log_to_fit() const;
  void require_kept(std::span<const int> kept);

  std::string given_;
  std::array<std::string, kFiles> paths_;
  WriteTurn& turn_;
  bool database_exists_ = false;
  Identities expected_{};  ///< What an earlier worker had open.
  Identities held_{};
  int log_descriptor_ = -1;
  bool log_was_in_place_ = false;
};

}  // namespace forkscope::store
