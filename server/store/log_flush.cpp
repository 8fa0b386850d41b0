#include "store/log_flush.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "os/quiet_thread.h"

namespace forkscope::store {

LogFlush::~LogFlush() {
  if (!thread_.joinable()) return;
  state_.wait(kSync);
  state_ = kEnd;
  state_.notify_one();
  thread_.join();
}

void LogFlush::begin(int file) {
  assert(!under_way_);
  under_way_ = true;
  file_ = file;
  if (!start()) {
    state_ = ::fdatasync(file_) == 0 ? 0 : errno;
    return;
  }
  state_ = kSync;
  state_.notify_one();
}

bool LogFlush::start() {
  if (thread_.joinable()) return true;
  try {
    thread_ = os::start_quiet_thread([this] { work(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

std::optional<int> LogFlush::result() {
  assert(under_way_);
  const int state = state_;
  if (state == kSync) return std::nullopt;
  under_way_ = false;
  return state;
}

void LogFlush::work() {
  int state = state_;
  while (state != kEnd) {
    if (state == kSync) {
      state = ::fdatasync(file_) == 0 ? 0 : errno;
      state_ = state;
      state_.notify_one();
      const std::uint64_t one = 1;
      if (wake_ >= 0 && ::write(wake_, &one, sizeof one) < 0) continue;  // it asks by itself, too
    }
    state_.wait(state);
    state = state_;
  }
}

}  // namespace forkscope::store
