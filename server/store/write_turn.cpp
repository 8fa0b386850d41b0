#include "store/write_turn.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/store_error.h"

namespace forkscope::store {

WriteTurn::WriteTurn(std::string path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (file_ && map_words()) return;
  const std::string reason = std::system_category().message(errno);
  throw StoreError(StoreError::Kind::unavailable, "cannot open " + path_ + ": " + reason);
}

/// False, and errno. A file that is new gets its block here: where the disk is full there is no
/// error of a store to memory.
bool WriteTurn::map_words() {
  errno = ::posix_fallocate(file_.get(), 0, kBytes);
  if (errno != 0) return false;
  void* words = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (words == MAP_FAILED) return false;
  words_.reset(static_cast<std::uint64_t*>(words));
  return true;
}

void WriteTurn::Unmap::operator()(std::uint64_t* words) const { ::munmap(words, kBytes); }

bool WriteTurn::try_take() {
  assert(owner_.is_here() && "a lock that was opened before a fork is shared by it");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) return false;
  held_ = file_is_still_there();
  if (!held_) release();
  return held_;
}

void WriteTurn::release() {
  assert(owner_.is_here());
  held_ = false;
  ::flock(file_.get(), LOCK_UN);
}

void WriteTurn::mark(std::uint64_t word) {
  assert(held_ && "only the holder of the turn commits");
  put_word(kMarkAt, word);
}

std::optional<std::uint64_t> WriteTurn::change_mark() const {
  const std::uint64_t mark = word(kMarkAt);
  return mark % 2 == 0 ? std::optional(mark) : std::nullopt;
}

std::uint64_t WriteTurn::latest_commit() const {
  const std::uint64_t mark = word(kMarkAt);
  return mark + mark % 2;
}

/// Numbers are even.
std::size_t WriteTurn::settled_at(std::uint64_t number) {
  return kSettledAt + number / 2 % kSettledCount;
}

void WriteTurn::settle_commit(bool kept) {
  const std::uint64_t number = latest_commit();
  put_word(settled_at(number), number + (kept ? 1 : 0));
  confirm_commit();
}

std::optional<bool> WriteTurn::was_kept(std::uint64_t number) const {
  const std::uint64_t entry = word(settled_at(number));
  const std::uint64_t settled = entry - entry % 2;
  if (number == 0 || number > latest_commit() || settled > number) return std::nullopt;
  const bool was_confirmed = settled < number;  // by whoever made it
  return was_confirmed || entry % 2 == 1;
}

/// Where two processes do so at once, the smaller number may stay until the next commit. That does
/// no harm: it is true as well.
void WriteTurn::note_flush(std::uint64_t number) {
  if (latest_flushed() < number) put_word(kFlushedAt, number);
}

/// 0 in a new file: nobody has committed.
std::uint64_t WriteTurn::word(std::size_t at) const {
  return std::atomic_ref(words_.get()[at]).load();
}

void WriteTurn::put_word(std::size_t at, std::uint64_t word) {
  std::atomic_ref(words_.get()[at]).store(word);
}

WriteTurn::Company WriteTurn::company() const {
  return {word(kCompanyAt), word(kCompanyAt + 1), word(kCompanyAt + 2)};
}

void WriteTurn::note_company(const Company& company) {
  put_word(kCompanyAt, company.turn);
  put_word(kCompanyAt + 1, company.database);
  put_word(kCompanyAt + 2, company.log);
}

/// Asked because a deleted lock file keeps nobody out who creates and locks a new one at the path.
bool WriteTurn::file_is_still_there() const {
  struct stat locked {};
  struct stat at_path {};
  return ::fstat(file_.get(), &locked) == 0 && ::stat(path_.c_str(), &at_path) == 0 &&
         locked.st_ino == at_path.st_ino && locked.st_dev == at_path.st_dev;
}

}  // namespace forkscope::store
