#include "store/schema.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>

#include "store/store_error.h"
#include "store/write_turn.h"

namespace forkscope::store {
namespace {

constexpr std::chrono::milliseconds kRetryPause{1};

// `position` is the todo's "order", which SQL keeps for itself. The counts are kept so that a page
// of a million todos costs no more than one of ten: by triggers for programs outside, and by
// TodoCounts for this one.
constexpr const char* kCreateTables = R"sql(
  CREATE TABLE todos (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT    NOT NULL,
    completed  INTEGER NOT NULL DEFAULT 0 CHECK (completed IN (0, 1)),
    position   INTEGER,
    created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
  ) STRICT;
  CREATE INDEX todos_by_completed ON todos (completed);

  CREATE TABLE todo_counts (
    completed  INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    batch      INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO todo_counts (completed, n) VALUES (0, 0), (1, 0);
  CREATE TRIGGER todos_inserted AFTER INSERT ON todos BEGIN
    UPDATE todo_counts SET n = n + 1 WHERE completed = new.completed;
  END;
  CREATE TRIGGER todos_updated AFTER UPDATE OF completed ON todos
  WHEN old.completed <> new.completed BEGIN
    UPDATE todo_counts SET n = n - 1 WHERE completed = old.completed;
    UPDATE todo_counts SET n = n + 1 WHERE completed = new.completed;
  END;
  CREATE TRIGGER todos_deleted AFTER DELETE ON todos BEGIN
    UPDATE todo_counts SET n = n - 1 WHERE completed = old.completed;
  END;
)sql";

// Databases of earlier versions have none. Those versions leave it alone, and go on as ever.
constexpr const char* kAddBatch =
    "ALTER TABLE todo_counts ADD COLUMN batch INTEGER NOT NULL DEFAULT 0";
constexpr const char* kHasBatch =
    "SELECT count(*) FROM pragma_table_info('todo_counts') WHERE name = 'batch'";

[[noreturn]] void refuse(StoreError::Kind kind, const std::string& path,
                         const std::string& reason) {
  throw StoreError(kind, "cannot use the database " + path + ": " + reason);
}
/// An error that may pass.
[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  refuse(StoreError::Kind::unavailable, path, reason);
}
/// An error that stays until somebody does something.
[[noreturn]] void refuse_for_good(const std::string& path, const std::string& reason) {
  refuse(StoreError::Kind::unusable, path, reason);
}
/// An error that may pass where its reason may: the directory is mounted later, for instance.
[[noreturn]] void refuse(const std::string& path, const std::string& subject,
                         const std::error_code& error) {
  const bool for_good = error == std::errc::not_a_directory ||
                        error == std::errc::filename_too_long ||
                        error == std::errc::too_many_symbolic_link_levels;
  refuse(for_good ? StoreError::Kind::unusable : StoreError::Kind::unavailable, path,
         subject + error.message());
}
std::error_code latest_system_error() { return {errno, std::system_category()}; }

/// Checks beforehand what can be wrong, because SQLite only says "unable to open database file".
void require_access(const std::string& path, const std::string& target, int mode) {
  if (::faccessat(AT_FDCWD, target.c_str(), mode, AT_EACCESS) != 0) {
    refuse(path, target + ": ", latest_system_error());
  }
}

bool schema_is_current(SQLite::Database& database, const std::string& path) {
  // The tables are counted before the version is read: another worker makes both in one
  // transaction, and may do so between these two lines.
  const int tables = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version > kSchemaVersion) {
    refuse_for_good(path, "its schema has version " + std::to_string(version) +
                              ", and this program knows versions up to " +
                              std::to_string(kSchemaVersion));
  }
  if (version < kSchemaVersion) {
    if (tables > 0) refuse_for_good(path, "it belongs to another program");
    return false;
  }
  return database.execAndGet("PRAGMA journal_mode").getString() == "wal" &&
         database.execAndGet(kHasBatch).getInt() == 1;
}

void create_schema(SQLite::Database& database, const std::string& path) {
  database.exec("PRAGMA journal_mode = WAL");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (!schema_is_current(database, path)) {
    const bool is_new = database.execAndGet("PRAGMA user_version").getInt() == 0;
    database.exec(is_new ? kCreateTables : kAddBatch);
    database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  }
  transaction.commit();
}

void create_schema_if_missing(SQLite::Database& database, const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + kOpenPatience;
  WriteTurn turn(turn_path(path));
  while (true) {
    try {
      if (schema_is_current(database, path)) return;
      if (turn.try_take()) {
        create_schema(database, path);
        return;
      }
    } catch (const SQLite::Exception& error) {
      if (!is_busy(error.getErrorCode())) throw;
    }
    turn.release();
    if (std::chrono::steady_clock::now() >= deadline) {
      refuse(path, "another program has kept it locked for " +
                       std::to_string(kOpenPatience.count() / 1000) + " s");
    }
    std::this_thread::sleep_for(kRetryPause);
  }
}

}  // namespace

std::string checked_database_path(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty()) refuse_for_good("\"\"", "the path is empty");
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(fs::absolute(path), error);
  if (error) refuse(path, "", error);
  const std::string directory = resolved.parent_path().string();
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    refuse(path, "its directory " + directory + ": ", latest_system_error());
  }
  if (!S_ISDIR(status.st_mode)) refuse_for_good(path, directory + " is not a directory");
  // The log, its index and the lock file are made next to the database.
  require_access(path, directory, W_OK | X_OK);
  if (::stat(resolved.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) refuse_for_good(path, "it is a directory");
    if (!S_ISREG(status.st_mode)) refuse_for_good(path, "it is not a regular file");
    require_access(path, resolved.string(), R_OK | W_OK);
  }
  return resolved.string();
}

std::string turn_path(const std::string& database_path) { return database_path + "-turn"; }

SQLite::Database open_database(const std::string& path, IfMissing if_missing) {
  // Nobody asks how much memory SQLite uses, which it counts under a lock, piece by piece. It has
  // to be told before it is used for the first time.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  errno = 0;
  try {
    const int create = if_missing == IfMissing::create ? SQLite::OPEN_CREATE : 0;
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | create,
                              static_cast<int>(kReadPatience.count()));
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    create_schema_if_missing(database, path);
    // A commit does not wait for the disk: WriteBatch::flush() does, after it has given the turn
    // back. Checkpoints, which need the turn too, wait for it in either mode.
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("PRAGMA wal_autocheckpoint = 0");
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    return database;
  } catch (const SQLite::Exception& error) {
    refuse(kind_of(error.getErrorCode(), errno), path, error.what());
  }
}

void clear_up_on_close(SQLite::Database& database) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

}  // namespace forkscope::store
