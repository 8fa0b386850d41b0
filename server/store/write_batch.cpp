#include "store/write_batch.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "store/schema.h"

namespace forkscope::store {
namespace {

// SQLite's own default for automatic checkpoints, about 4 MiB.
constexpr int kCheckpointPages = 1000;

}  // namespace

WriteBatch::WriteBatch(SQLite::Database& database, WriteTurn& turn, const DatabaseFiles& files,
                       BatchObserver* observer)
    : handle_(database.getHandle()),
      turn_(turn),
      files_(files),
      path_(files.path()),
      observer_(observer),
      begin_(database, "BEGIN IMMEDIATE"),
      commit_(database, "COMMIT"),
      rollback_(database, "ROLLBACK"),
      savepoint_(database, "SAVEPOINT request"),
      undo_(database, "ROLLBACK TO request"),
      keep_(database, "RELEASE request") {
  const auto note_log_length = [](void* batch, sqlite3*, const char*, int pages) {
    static_cast<WriteBatch*>(batch)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, note_log_length, this);
  // Asked now that the log is open: an error from now on is one that we hear of.
  const std::uint64_t latest = turn_.latest_commit();
  if (turn_.latest_flushed() < latest) unconfirmed_commit_ = latest;
}

WriteBatch::~WriteBatch() {
  sqlite3_wal_hook(handle_, nullptr, nullptr);
  if (in_transaction()) run(rollback_);
}

bool WriteBatch::begin() {
  failure_.reset();
  if (!turn_.try_take()) {
    failure_ = files_.misplaced();  // the turn itself, perhaps, which will never be ours then
    return open_ = failure_.has_value();
  }
  if (may_wait_for_disk() && !turn_.try_take_disk()) {
    turn_.release();
    return false;
  }
  sqlite3_busy_timeout(handle_, 0);  // a program outside that writes must not stop the loop
  const int result = begin_transaction();
  sqlite3_busy_timeout(handle_, static_cast<int>(kReadPatience.count()));
  if (is_busy(result)) {
    turn_.release_disk();
    turn_.release();
    return false;
  }
  if (result != SQLITE_DONE) failure_ = latest_error(handle_, path_);
  open_ = true;
  return true;
}

int WriteBatch::begin_transaction() {
  if (log_is_in_doubt()) {
    if (const int result = replace_log(); result != SQLITE_OK) return result;
    turn_.confirm_commit();  // where somebody died in one, the next must have another number
    turn_.note_flush(turn_.latest_commit());
    turn_.note_move();
    flush_failure_.reset();
    unconfirmed_commit_.reset();
  }
  return run(begin_);
}

/// The process that was flushing when this one came may have brought it to an end meanwhile.
bool WriteBatch::log_is_in_doubt() {
  if (unconfirmed_commit_ && turn_.latest_flushed() >= *unconfirmed_commit_) {
    unconfirmed_commit_.reset();
  }
  return flush_failure_ || unconfirmed_commit_;
}

/// SQLite brings the head of a log that begins anew to the disk within the commit.
bool WriteBatch::may_wait_for_disk() {
  return log_is_in_doubt() || log_pages_ >= kCheckpointPages || turn_.log_begins_anew();
}

/// TRUNCATE succeeds only when the database has everything, on the disk, and nobody needs the log.
int WriteBatch::replace_log() {
  errno = 0;  // for latest_error(), as in step()
  return sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

std::optional<StoreError> WriteBatch::commit() {
  open_ = false;
  std::optional<StoreError> failure = failure_to_commit();
  if (in_transaction()) run(rollback_);
  if (observer_ != nullptr) observer_->batch_ended();
  if (!failure) checkpoint_if_due();
  turn_.release_disk();
  turn_.release();
  return failure;
}

bool WriteBatch::begin_flush() { return flush_failure_ || is_flushed() || turn_.try_take_disk(); }

std::optional<StoreError> WriteBatch::flush() {
  if (!flush_failure_ && !is_flushed()) {
    const std::uint64_t covered = turn_.latest_finished_commit();
    if (sync_log()) {
      turn_.note_flush(covered);
    } else {
      flush_failure_ = flush_error(path_);
    }
  }
  turn_.release_disk();
  return flush_failure_ ? flush_failure_ : files_.misplaced();
}

bool WriteBatch::is_flushed() const { return turn_.latest_flushed() >= own_commit_; }

/// False, and errno.
bool WriteBatch::sync_log() {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log == nullptr || log->pMethods == nullptr) return true;  // nothing was ever written
  errno = 0;
  return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK;
}

std::optional<StoreError> WriteBatch::failure_to_commit() {
  notice_lost_transaction();
  if (failure_) return failure_;
  if (auto displaced = files_.misplaced()) return displaced;
  if (observer_ != nullptr && !observer_->before_commit()) return latest_error(handle_, path_);
  turn_.announce_commit();
  const bool committed = run(commit_) == SQLITE_DONE;
  turn_.confirm_commit();
  own_commit_ = turn_.latest_commit();
  if (!committed) return latest_error(handle_, path_);
  return std::nullopt;
}

void WriteBatch::begin_request() {
  if (!open_) throw StoreError(StoreError::Kind::unavailable, "no write batch is open");
  if (failure_) throw StoreError(*failure_);
  if (run(savepoint_) != SQLITE_DONE) throw latest_error(handle_, path_);
}

void WriteBatch::end_request(bool keep) noexcept {
  notice_lost_transaction();
  if (failure_) return;
  if (!keep && run(undo_) != SQLITE_DONE) failure_ = latest_error(handle_, path_);
  if (run(keep_) != SQLITE_DONE && !failure_) failure_ = latest_error(handle_, path_);
  if (observer_ != nullptr) observer_->request_ended(keep);
}

/// Without this check, the next savepoint would be a transaction of its own, and its end a commit.
void WriteBatch::notice_lost_transaction() {
  if (!failure_ && !in_transaction()) failure_ = latest_error(handle_, path_);
}

/// PASSIVE never waits for readers. What it cannot move now, or while another process waits for the
/// disk, stays in the log, and is tried again with the next batch, which does not begin before the
/// disk is free; nothing is lost by that. But if the disk was the reason, flush() would
/// not be told again.
void WriteBatch::checkpoint_if_due() {
  if (log_pages_ < kCheckpointPages || !turn_.try_take_disk()) return;
  errno = 0;
  int in_log = 0;
  int moved = 0;
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (result == SQLITE_OK && in_log == moved) turn_.note_move();
  if ((result & 0xff) == SQLITE_IOERR) flush_failure_ = flush_error(path_);
}

int WriteBatch::run(SQLite::Statement& statement) noexcept {
  const int result = step(statement);
  // A reset reports the same failure again; the connection keeps its error code and message.
  statement.tryReset();
  return result;
}

bool WriteBatch::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

}  // namespace forkscope::store
