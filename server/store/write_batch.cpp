#include "store/write_batch.h"

#include <sqlite3.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "store/schema.h"

namespace forkscope::store {
namespace {

// SQLite's own default for automatic checkpoints, about 4 MiB.
constexpr int kCheckpointPages = 1000;

}  // namespace

WriteBatch::WriteBatch(SQLite::Database& database, WriteTurn& turn, const DatabaseFiles& files,
                       int wake, BatchObserver* observer)
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
      keep_(database, "RELEASE request"),
      log_flush_(wake) {
  const auto note_log_length = [](void* batch, sqlite3*, const char*, int pages) {
    static_cast<WriteBatch*>(batch)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, note_log_length, this);
  // This is asked when the log is open: of errors from now on this process hears by itself.
  const std::uint64_t latest = turn_.latest_commit();
  if (turn_.latest_flushed() < latest) unconfirmed_commit_ = latest;
}

WriteBatch::~WriteBatch() {
  sqlite3_wal_hook(handle_, nullptr, nullptr);
  if (in_transaction()) run(rollback_);
}

bool WriteBatch::begin() {
  assert(owner_.is_here() && !open_);
  failure_.reset();
  if (!turn_.try_take()) {
    failure_ = files_.misplaced();  // the turn itself, perhaps, which will never be ours then
    return open_ = failure_.has_value();
  }
  sqlite3_busy_timeout(handle_, 0);  // a program outside that writes must not stop the loop
  int result = settle_broken_commit();
  if (result == SQLITE_DONE) result = begin_transaction();
  sqlite3_busy_timeout(handle_, static_cast<int>(kReadPatience.count()));
  if (is_busy(result)) {
    turn_.release();
    return false;
  }
  if (result != SQLITE_DONE) failure_ = latest_error(handle_, path_);
  open_ = true;
  return true;
}

int WriteBatch::settle_broken_commit() {
  if (!turn_.is_commit_broken()) return SQLITE_DONE;
  if (observer_ == nullptr) {
    turn_.confirm_commit();
    return SQLITE_DONE;
  }
  const auto latest = observer_->latest_commit();
  if (!latest) return sqlite3_extended_errcode(handle_);
  turn_.settle_commit(*latest == turn_.latest_commit());
  return SQLITE_DONE;
}

int WriteBatch::begin_transaction() {
  if (log_is_in_doubt()) {
    if (const int result = replace_log(); result != SQLITE_OK) return result;
    turn_.confirm_commit();  // where somebody died in one, the next must have another number
    turn_.note_flush(turn_.latest_commit());
    flush_failure_.reset();
    unconfirmed_commit_.reset();
  }
  return run(begin_);
}

/// Whether there is a commit of which nobody knows that the disk has it. One that was being flushed
/// when this process came may have been confirmed meanwhile.
bool WriteBatch::log_is_in_doubt() {
  if (unconfirmed_commit_ && turn_.latest_flushed() >= *unconfirmed_commit_) {
    unconfirmed_commit_.reset();
  }
  return flush_failure_ || unconfirmed_commit_;
}

/// Moves everything into the database and begins a new log. TRUNCATE succeeds only when the
/// database has all of it on the disk, and nobody needs the log.
int WriteBatch::replace_log() {
  errno = 0;  // for latest_error(), as in step()
  return sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

std::optional<StoreError> WriteBatch::commit() {
  assert(owner_.is_here() && open_);
  open_ = false;
  std::optional<StoreError> failure = failure_to_commit();
  if (in_transaction()) run(rollback_);
  if (observer_ != nullptr) observer_->batch_ended();
  if (!failure) checkpoint_if_due();
  turn_.release();
  return failure;
}

bool WriteBatch::begin_flush() {
  collect_flush();
  if (log_flush_.under_way()) return false;
  if (flush_failure_ || flushed_commit_ >= own_commit_) return true;
  flushing_commit_ = own_commit_;
  log_flush_.begin(files_.log_descriptor());
  collect_flush();
  return !log_flush_.under_way();
}

void WriteBatch::collect_flush() {
  if (!log_flush_.under_way()) return;
  const std::optional<int> error = log_flush_.result();
  if (!error) return;
  if (*error != 0) {
    errno = *error;
    flush_failure_ = flush_error(path_);
    return;
  }
  flushed_commit_ = flushing_commit_;
  if (!log_is_in_doubt()) turn_.note_flush(flushed_commit_);
}

std::optional<StoreError> WriteBatch::flush() {
  assert(!log_flush_.under_way() && "after begin_flush()");
  if (flush_failure_) return flush_failure_;
  if (log_is_in_doubt()) {  // a commit was adopted from a process that died in its flush
    return StoreError(StoreError::Kind::unavailable,
                      "nobody knows whether the disk has the change; it may be lost");
  }
  return files_.misplaced();
}

std::optional<StoreError> WriteBatch::failure_to_commit() {
  notice_lost_transaction();
  if (failure_) return failure_;
  if (auto displaced = files_.misplaced()) return displaced;
  if (observer_ != nullptr && !observer_->before_commit(turn_.next_commit()))
    return latest_error(handle_, path_);
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

/// PASSIVE never waits for readers. What it cannot move now stays in the log, and is tried again
/// after the next commit; nothing is lost by that. But if the disk was the reason, flush() would
/// not be told again.
void WriteBatch::checkpoint_if_due() {
  if (log_pages_ < kCheckpointPages) return;
  errno = 0;
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
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
