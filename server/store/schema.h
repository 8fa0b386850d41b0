// The database file: where it is, what is in it, and how it is opened.
//
// Called by each worker after its fork. Several may call at once, also of several servers, on a
// file that does not exist yet: one creates the tables, under the turn to write, and the others
// find them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <string>

namespace forkscope::store {

inline constexpr int kSchemaVersion = 1;  // PRAGMA user_version

/// How long a worker that starts waits for others that create or lock the database.
inline constexpr std::chrono::milliseconds kOpenPatience{5000};
/// How long a reader waits while SQLite recovers the log after a crash. Otherwise readers never
/// wait.
inline constexpr std::chrono::milliseconds kReadPatience{500};

/// Absolute and free of symbolic links, so that all processes mean the same file and the same turn.
/// Throws StoreError when the path cannot hold a database: no such directory, not permitted, …
std::string checked_database_path(const std::string& path);

/// The lock file that goes with a database.
std::string turn_path(const std::string& database_path);

/// Whether a database that is not there is to be made.
enum class IfMissing { create, refuse };

/// Opens `path` (of checked_database_path()); makes the schema where the file is new or empty. On
/// this connection no trigger runs: whoever writes keeps `todo_counts` true by other means
/// (TodoCounts). Closing it moves nothing and removes nothing, until clear_up_on_close(): should
/// this turn out to be the wrong file, its log is not ours to touch.
/// Throws StoreError: not a database, corrupt, made by a newer version, locked for longer than
/// kOpenPatience.
SQLite::Database open_database(const std::string& path, IfMissing if_missing = IfMissing::create);

/// From now on the last connection that is closed moves the log into the database and removes it.
void clear_up_on_close(SQLite::Database& database);

}  // namespace forkscope::store
