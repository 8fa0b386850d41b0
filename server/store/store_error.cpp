#include "store/store_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace forkscope::store {
namespace {

/// SQLite calls only ENOSPC "full"; a quota or RLIMIT_FSIZE arrives as an I/O error.
bool means_full(int reason) { return reason == ENOSPC || reason == EDQUOT || reason == EFBIG; }

}  // namespace

StoreError::Kind kind_of(int code, int os_error) {
  const int primary = code & 0xff;
  if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT) return StoreError::Kind::unusable;
  if (primary == SQLITE_FULL || means_full(os_error)) return StoreError::Kind::disk_full;
  return StoreError::Kind::unavailable;
}

StoreError latest_error(sqlite3* handle, const std::string& path) {
  const int os_error = errno;
  const int code = sqlite3_errcode(handle) & 0xff;
  int reason = 0;
  if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_FULL) {
    // SQLite forgets the reason of a failed COMMIT, but leaves errno alone.
    reason = sqlite3_system_errno(handle);
    if (reason == 0) reason = os_error;
  }
  std::string sentence = "database " + path + ": " + sqlite3_errmsg(handle);
  if (reason != 0) sentence += " (" + std::system_category().message(reason) + ")";
  return {kind_of(code, reason), sentence};
}

StoreError flush_error(const std::string& path) {
  const int reason = errno;
  return {means_full(reason) ? StoreError::Kind::disk_full : StoreError::Kind::unavailable,
          "database " + path + ": the disk did not confirm the change (" +
              std::system_category().message(reason) + "); it may be lost"};
}

int step(SQLite::Statement& statement) noexcept {
  errno = 0;
  return statement.tryExecuteStep();
}

bool is_busy(int code) {
  // SQLITE_PROTOCOL: connections that open a WAL database at the same time kept missing each other.
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_PROTOCOL;
}

}  // namespace forkscope::store
