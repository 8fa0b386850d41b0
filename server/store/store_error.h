// What can go wrong in the store, in words for people.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>
#include <string>

namespace forkscope::store {

/// One sentence that names the database and the reason. Nothing of the failed operation is kept.
class StoreError : public std::runtime_error {
 public:
  enum class Kind {
    unavailable,  ///< Locked, unreadable, deleted, not permitted: may pass.
    disk_full,    ///< No space, or a quota or file-size limit: may pass.
    unusable,     ///< Corrupt, no database, not ours: will stay so until somebody does something.
  };

  StoreError(Kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// One step of a statement; returns SQLite's result code. Failures are described by latest_error().
int step(SQLite::Statement& statement) noexcept;

/// Of an error that SQLite reports by result code `code`, `os_error` being the reason, if any.
StoreError::Kind kind_of(int code, int os_error);

/// Describes the failure of the latest step() on the connection `handle`, whose file is `path`.
StoreError latest_error(sqlite3* handle, const std::string& path);

/// Describes why the log of the database `path` could not be brought to the disk, by errno.
StoreError flush_error(const std::string& path);

/// Whether result code `code` (primary or extended) means that another connection is in the way
/// for a moment.
bool is_busy(int code);

}  // namespace forkscope::store
