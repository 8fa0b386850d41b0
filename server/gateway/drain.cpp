#include "gateway/drain.h"

namespace forkscope::gateway {

namespace {

/// How long a worker that hands over waits for the next request of a connection that is idle.
constexpr std::chrono::seconds kHandOver{1};

}  // namespace

void Drain::begin(Kind kind, std::uint64_t now_ns) {
  if (kind == Kind::stop) {
    close_idle_at_ = {};
    gives_ = false;
  }
  if (begun()) return;
  begun_ = true;
  deadline_ = os::Deadline::after(now_ns, timeout_);
  gives_ = kind == Kind::give;
  if (kind == Kind::hand_over) {
    close_idle_at_ = earlier(os::Deadline::after(now_ns, kHandOver), deadline_);
  }
}

bool Drain::loses_patience(std::uint64_t now_ns) {
  if (!close_idle_at_.has_passed(now_ns)) return false;
  close_idle_at_ = {};
  return true;
}

}  // namespace forkscope::gateway
