#include "protection/line.h"

#include <cstring>

#include "forkscope/telemetry/word.h"

namespace forkscope::protection {

namespace {

constexpr std::uint32_t kOnePage = 4096;

}  // namespace

Line::Line(const Ledger& ledger, int fd)
    : ledger_(&ledger), fd_(fd), entry_(ledger.covers(fd) ? &ledger.entry(fd) : nullptr) {
  if (entry_ == nullptr) return;
  *entry_ = Entry{};
  move_to(Stage::open);
}

/// The words before it are there before it is.
void Line::move_to(Stage stage) {
  __atomic_store_n(&entry_->stage, static_cast<std::uint32_t>(stage), __ATOMIC_RELEASE);
}

void Line::adopt(const Entry& parcel) {
  if (entry_ == nullptr) return;
  entry_->received = parcel.received - parcel.bytes;  // received() follows
  entry_->sent = parcel.sent;
  entry_->flags = parcel.flags & kInvited;
  entry_->parcel = parcel.parcel;
  move_to(static_cast<Stage>(parcel.stage));  // nothing is prepared yet: nobody runs it again
}

void Line::received(std::string_view bytes) {
  if (entry_ == nullptr) return;
  if (bytes.size() > Ledger::kBufferBytes - entry_->bytes) {
    entry_->flags |= kTooLong;
  } else {
    std::memcpy(ledger_->buffer(fd_) + entry_->bytes, bytes.data(), bytes.size());
    entry_->bytes += static_cast<std::uint32_t>(bytes.size());
  }
  telemetry::store_release(&entry_->received, entry_->received + bytes.size());
}

void Line::invited(std::size_t sent_bytes) {
  if (entry_ == nullptr) return;
  entry_->flags |= kInvited;  // what is told now is believed once `sent` agrees with the kernel
  telemetry::store_release(&entry_->sent, entry_->sent + sent_bytes);
}

void Line::begin(std::size_t rest, bool may_run_again) {
  if (entry_ == nullptr) return;
  if ((entry_->flags & kTooLong) == 0) {
    entry_->request_bytes = entry_->bytes - static_cast<std::uint32_t>(rest);
  }
  if (may_run_again) entry_->flags |= kMayRunAgain;
  if (stage() == Stage::open) move_to(Stage::begun);
}

void Line::uncommitted() {
  if (entry_ == nullptr) return;
  entry_->prepared_bytes = 0;
  move_to(Stage::uncommitted);
}

void Line::committing(std::string_view answer, int status, std::uint64_t batch) {
  if (entry_ == nullptr) return;
  if (batch != 0) prepared(answer, status, batch);
  move_to(Stage::committing);
}

void Line::unflushed() {
  if (entry_ != nullptr) move_to(Stage::unflushed);
}

void Line::prepared(std::string_view answer, int status, std::uint64_t batch) {
  if (entry_ == nullptr || (entry_->flags & kTooLong) != 0 ||
      answer.size() > Ledger::kBufferBytes - entry_->bytes) {
    return;
  }
  std::memcpy(ledger_->buffer(fd_) + entry_->bytes, answer.data(), answer.size());
  entry_->status = static_cast<std::uint32_t>(status);
  entry_->batch = batch;
  __atomic_store_n(&entry_->prepared_bytes, static_cast<std::uint32_t>(answer.size()),
                   __ATOMIC_RELEASE);
}

void Line::answer(std::size_t bytes, bool closes) {
  if (entry_ == nullptr) return;
  entry_->answer_bytes = static_cast<std::uint32_t>(bytes);
  if (closes) entry_->flags |= kCloses;
  move_to(Stage::answered);
}

void Line::next(std::string_view rest) {
  if (entry_ == nullptr) return;
  const std::uint64_t used = entry_->bytes + std::uint64_t{entry_->prepared_bytes};
  // Until it is told again, the kernel knows of more received bytes than the line: nobody believes
  // it.
  telemetry::store_release(&entry_->received, entry_->received - rest.size());
  entry_->bytes = entry_->request_bytes = entry_->prepared_bytes = 0;
  entry_->batch = 0;
  entry_->flags = 0;
  received(rest);
  if (used > kOnePage && entry_->bytes == 0) ledger_->trim(fd_);
  entry_->sent += entry_->answer_bytes;
  entry_->answer_bytes = 0;
  move_to(Stage::open);
}

void Line::linger() {
  if (entry_ != nullptr) move_to(Stage::lingering);
}

void Line::close() {
  if (entry_ != nullptr) move_to(Stage::none);
}

void Line::give(std::uint32_t number) {
  if (entry_ != nullptr) __atomic_store_n(&entry_->giving, number, __ATOMIC_RELEASE);
}

}  // namespace forkscope::protection
