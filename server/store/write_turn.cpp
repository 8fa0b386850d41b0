#include "store/write_turn.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/store_error.h"

namespace forkscope::store {

WriteTurn::WriteTurn(std::string path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (file_) return;
  const std::string reason = std::system_category().message(errno);
  throw StoreError(StoreError::Kind::unavailable, "cannot open " + path_ + ": " + reason);
}

bool WriteTurn::try_take() {
  assert(owner_.is_here() && "a lock that was opened before a fork is shared by it");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) return false;
  if (file_is_still_there()) {
    held_mark_ = word_at(kMarkAt);
    return true;
  }
  release();
  return false;
}

void WriteTurn::release() {
  assert(owner_.is_here());
  held_mark_.reset();
  ::flock(file_.get(), LOCK_UN);
}

void WriteTurn::mark(std::uint64_t word) {
  assert(held_mark_ && "only the holder of the turn commits");
  held_mark_ = word;
  put_word(kMarkAt, word);
}

std::optional<std::uint64_t> WriteTurn::change_mark() const {
  const std::uint64_t word = mark_word();
  return word % 2 == 0 ? std::optional(word) : std::nullopt;
}

std::uint64_t WriteTurn::latest_commit() const {
  const std::uint64_t word = mark_word();
  return word + word % 2;
}

/// Numbers are even.
off_t WriteTurn::settled_at(std::uint64_t number) {
  return kSettledAt + static_cast<off_t>(number / 2 % kSettledCount * sizeof number);
}

void WriteTurn::settle_commit(bool kept) {
  const std::uint64_t number = latest_commit();
  put_word(settled_at(number), number + (kept ? 1 : 0));
  confirm_commit();
}

std::optional<bool> WriteTurn::was_kept(std::uint64_t number) const {
  const std::uint64_t word = word_at(settled_at(number));
  const std::uint64_t settled = word - word % 2;
  if (number == 0 || number > latest_commit() || settled > number) return std::nullopt;
  return settled < number || word % 2 == 1;  // whoever made it has confirmed it, or else it says so
}

/// Where two processes do so at once, the smaller number may stay until the next commit. That does
/// no harm: it is true as well.
void WriteTurn::note_flush(std::uint64_t number) {
  if (latest_flushed() < number) put_word(kFlushedAt, number);
}

/// 0 where the file is too short: it is new, and nobody has committed.
std::uint64_t WriteTurn::word_at(off_t offset) const {
  std::uint64_t word = 0;
  return ::pread(file_.get(), &word, sizeof word, offset) == sizeof word ? word : 0;
}

/// Where this fails, readers find out a millisecond later (TodoStore::begin_reads()), and whoever
/// is new begins a new log.
void WriteTurn::put_word(off_t offset, std::uint64_t word) {
  if (::pwrite(file_.get(), &word, sizeof word, offset) != sizeof word) return;
}

WriteTurn::Company WriteTurn::company() const {
  Company company;
  const ssize_t bytes = ::pread(file_.get(), &company, sizeof company, kCompanyAt);
  return bytes == sizeof company ? company : Company{};
}

/// Where this fails, a start after the next one cannot tell whether a log fits.
void WriteTurn::note_company(const Company& company) {
  if (::pwrite(file_.get(), &company, sizeof company, kCompanyAt) != sizeof company) return;
}

/// Asked because a deleted lock file keeps nobody out who creates and locks a new one at the path.
bool WriteTurn::file_is_still_there() const {
  struct stat locked {};
  struct stat at_path {};
  return ::fstat(file_.get(), &locked) == 0 && ::stat(path_.c_str(), &at_path) == 0 &&
         locked.st_ino == at_path.st_ino && locked.st_dev == at_path.st_dev;
}

}  // namespace forkscope::store
