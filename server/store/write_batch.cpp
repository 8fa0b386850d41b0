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
  if (result == SQLITE_OK) result = begin_transaction();
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
  if (!turn_.is_commit_broken()) return SQLITE_OK;
  if (observer_ == nullptr) {
    turn_.confirm_commit();
    return SQLITE_OK;
  }
  const auto latest = observer_->latest_commit();
  if (!latest) return sqlite3_extended_errcode(handle_);
  turn_.settle_commit(*latest == turn_.latest_commit());
  return SQLITE_OK;
}

int WriteBatch::begin_transaction() {
  const int result = end_doubt();
  return result == SQLITE_OK ? run(begin_) : result;
}

int WriteBatch::end_doubt() {
  if (!log_is_in_doubt()) return SQLITE_OK;
  if (const int result = replace_log(); result != SQLITE_OK) return result;
  turn_.note_flush(turn_.latest_commit());
  flush_failure_.reset();
  unconfirmed_commit_.reset();
  return SQLITE_OK;
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

std::uint64_t WriteBatch::announce() {
  assert(owner_.is_here() && open_);
  if (failure_) return 0;  // the turn may not even be ours
  if (!turn_.is_commit_broken()) turn_.announce_commit();
  return turn_.latest_commit();
}

std::optional<StoreError> WriteBatch::commit() {
  const std::uint64_t number = announce();
  open_ = false;
  std::optional<StoreError> failure = failure_to_commit(number);
  if (in_transaction()) run(rollback_);
  if (failure && number != 0) turn_.settle_commit(/*kept=*/false);
  if (!failure) {
    turn_.confirm_commit();
    own_commit_ = number;
  }
  if (observer_ != nullptr) observer_->batch_ended();
  if (!failure) checkpoint_if_due();
  turn_.release();
  return failure;
}

bool WriteBatch::begin_flush() {
  collect_flush();
  if (log_flush_.under_way()) return false;
  if (flush_failure_ || flushed_commit_ >= own_commit_) return true;
  if (log_is_in_doubt() && !make_certain()) return false;
  flushing_commit_ = own_commit_;
  log_flush_.begin(files_.log_descriptor());
  collect_flush();
  return !log_flush_.under_way();
}

/// A commit was adopted that is older than this process: of that no flush would tell us. False: not
/// now.
bool WriteBatch::make_certain() {
  if (!turn_.try_take()) return false;
  sqlite3_busy_timeout(handle_, 0);
  int result = settle_broken_commit();
  if (result == SQLITE_OK) result = end_doubt();
  sqlite3_busy_timeout(handle_, static_cast<int>(kReadPatience.count()));
  if (result != SQLITE_OK && !is_busy(result)) flush_failure_ = flush_error(path_);
  turn_.release();
  return !is_busy(result);
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
  return files_.misplaced();
}

std::optional<StoreError> WriteBatch::failure_to_commit(std::uint64_t number) {
  notice_lost_transaction();
  if (failure_) return failure_;
  if (auto displaced = files_.misplaced()) return displaced;
  if (observer_ != nullptr && !observer_->before_commit(number)) {
    return latest_error(handle_, path_);
  }
  if (run(commit_) != SQLITE_DONE) return latest_error(handle_, path_);
  return std::nullopt;
}

void WriteBatch::begin_request() {
  if (!open_) throw StoreError(StoreError::Kind::unavailable, "no write batch is open");
  if (failure_) throw StoreError(*failure_);
  request_changes_ = false;
}

void WriteBatch::end_request(bool keep) noexcept {
  notice_lost_transaction();
  if (failure_) return;
  if (!keep && request_changes_) {
    failure_ = failure_half_way();
  }
  if (observer_ != nullptr) observer_->request_ended(keep);
}

StoreError WriteBatch::failure_half_way() const {
  if (sqlite3_errcode(handle_) != SQLITE_OK) return latest_error(handle_, path_);
  return {StoreError::Kind::unavailable,
          "database " + path_ +
              ": a request has failed half-way, and nothing is kept of those that were to be "
              "stored together with it"};
}

/// Without this check, the next change would be a transaction of its own, and committed at once.
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
