// The database file: where it is, what is in it, and how it is opened.
//
// Called by each worker after its fork. Several may call at once, on a file that does not exist
// yet: one creates the tables, under the turn to write, and the others find them.
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

/// Opens `path` (of checked_database_path()); creates file and schema if missing. On this
/// connection no trigger runs: whoever writes keeps `todo_counts` true by other means (TodoCounts).
/// Throws StoreError: not a database, corrupt, made by a newer version, locked for longer than
/// kOpenPatience.
SQLite::Database open_database(const std::string& path);

}  // namespace forkscope::store
