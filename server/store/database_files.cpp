#include "store/database_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "store/schema.h"

namespace forkscope::store {
namespace {

/// Where to stop looking for a descriptor: numbers are given out from below, and the store is
/// opened before any client connects.
constexpr int kHighestDescriptor = 4096;

bool has_content(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

}  // namespace

DatabaseFiles::DatabaseFiles(std::string given, const std::string& path, WriteTurn& turn,
                             std::span<const int> kept)
    : given_(std::move(given)),
      paths_{path, path + "-wal", path + "-shm", turn_path(path)},
      turn_(turn) {
  // In this order: others may be creating it, and the database comes before its log.
  const bool has_log = has_content(paths_[kLog]);
  const bool has_database = has_content(paths_[kDatabase]);
  database_exists_ = identity_at(paths_[kDatabase]) != Identity{};
  if (!kept.empty()) {
    require_kept(kept);
    return;
  }
  if (has_log && !has_database) {
    throw StoreError(StoreError::Kind::unusable,
                     "cannot use the database " + path + ": it is missing, but its log " +
                         paths_[kLog] +
                         " is there, which may hold todos; put the database back beside it, or "
                         "remove the log to begin with an empty list");
  }
  if (has_log) require_log_to_fit();
}

DatabaseFiles::~DatabaseFiles() {
  if (log_was_in_place_ && identity_at(paths_[kLog]) == Identity{}) {
    turn_.note_removed_log(held_[kLog].inode);
  }
}

/// A backup that was renamed over the database, beside the old log: SQLite would take the pages of
/// that log for the backup's. Where the turn has been copied or moved with the others, nothing can
/// be said about them.
void DatabaseFiles::require_log_to_fit() const {
  const WriteTurn::Company known = turn_.company();
  const Identity database = identity_at(paths_[kDatabase]);
  if (known.turn != identity_at(paths_[kTurn]).inode ||
      known.log != identity_at(paths_[kLog]).inode || known.database == database.inode) {
    return;
  }
  throw StoreError(StoreError::Kind::unusable,
                   "cannot use the database " + path() + ": the log " + paths_[kLog] +
                       " belongs to another file, in whose place this one was put; put that one "
                       "back, or remove " +
                       paths_[kLog] + " and " + paths_[kIndex] +
                       " to use this one without what is in the log");
}

/// Nothing is expected of a log that SQLite has removed.
void DatabaseFiles::require_kept(std::span<const int> kept) {
  for (std::size_t file = 0; file < kFiles && file < kept.size(); ++file) {
    expected_[file] = identity_of(kept[file]);
  }
  if (turn_.removed_log() == expected_[kLog].inode) expected_[kLog] = expected_[kIndex] = {};
  for (std::size_t file = 0; file < kFiles; ++file) {
    if (expected_[file] == Identity{}) continue;
    if (identity_at(paths_[file]) != expected_[file]) throw displaced(file);
  }
  if (identity_at(given_) != expected_[kDatabase]) throw displaced(kDatabase);
}

void DatabaseFiles::hold() {
  for (std::size_t file = 0; file < kFiles; ++file) {
    held_[file] = identity_at(paths_[file]);
    const bool is_expected = expected_[file] == Identity{} || expected_[file] == held_[file];
    const int descriptor = descriptor_of(held_[file]);
    if (!is_expected || descriptor < 0) throw displaced(file);
    if (file == kLog) log_descriptor_ = descriptor;
  }
  turn_.note_removed_log(0);
  turn_.note_company({held_[kTurn].inode, held_[kDatabase].inode, held_[kLog].inode});
}

void DatabaseFiles::prepare_to_close() {
  log_was_in_place_ = identity_at(paths_[kLog]) == held_[kLog];
}

std::optional<StoreError> DatabaseFiles::misplaced() const {
  for (std::size_t file = 0; file < kFiles; ++file) {
    if (identity_at(paths_[file]) != held_[file]) return displaced(file);
  }
  if (given_ != paths_[kDatabase] && identity_at(given_) != held_[kDatabase])
    return displaced(kDatabase);
  return std::nullopt;
}

std::vector<os::UniqueFd> DatabaseFiles::descriptors() const {
  std::vector<os::UniqueFd> descriptors;
  for (std::size_t file = 0; file < kFiles; ++file) {
    descriptors.emplace_back(::open(paths_[file].c_str(), O_PATH | O_CLOEXEC));
    if (identity_of(descriptors.back().get()) != held_[file]) throw displaced(file);
  }
  return descriptors;
}

/// Nothing, and errno, when there is no such file.
DatabaseFiles::Identity DatabaseFiles::identity_at(const std::string& path) {
  struct stat status {};
  errno = 0;
  return ::stat(path.c_str(), &status) == 0 ? Identity{status.st_dev, status.st_ino} : Identity{};
}

DatabaseFiles::Identity DatabaseFiles::identity_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? Identity{status.st_dev, status.st_ino} : Identity{};
}

/// The descriptor by which this process has the file open, or -1. SQLite does not tell its own.
/// Those that an earlier worker has left do not count.
int DatabaseFiles::descriptor_of(const Identity& file) {
  if (file == Identity{}) return -1;
  for (int fd = 0; fd < kHighestDescriptor; ++fd) {
    if (identity_of(fd) == file && (::fcntl(fd, F_GETFL) & O_PATH) == 0) return fd;
  }
  return -1;
}

StoreError DatabaseFiles::displaced(std::size_t file) const {
  identity_at(paths_[file]);
  const int reason = errno;
  std::string sentence = "database " + path() + ": ";
  sentence += file == kDatabase ? "the file" : paths_[file];
  sentence += " has been deleted or replaced while the server runs";
  if (reason != 0 && reason != ENOENT) {
    sentence += " (" + std::system_category().message(reason) + ")";
  }
  return {StoreError::Kind::unavailable,
          sentence + "; nothing is written until it is back or the server is restarted"};
}

}  // namespace forkscope::store
