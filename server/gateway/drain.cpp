#include "gateway/drain.h"

#include <algorithm>

namespace forkscope::gateway {

namespace {

/// How long a worker that hands over waits for the next request of a connection that is idle.
constexpr std::chrono::nanoseconds kHandOver = std::chrono::seconds(1);

}  // namespace

void Drain::begin(Kind kind, std::uint64_t now_ns) {
  if (kind == Kind::stop) close_idle_at_ns_ = 0;
  if (begun()) return;
  const std::chrono::nanoseconds timeout = timeout_;
  deadline_ns_ = now_ns + static_cast<std::uint64_t>(timeout.count());
  if (kind == Kind::hand_over) {
    close_idle_at_ns_ = now_ns + static_cast<std::uint64_t>(std::min(kHandOver, timeout).count());
  }
}

bool Drain::loses_patience(std::uint64_t now_ns) {
  if (!spares_idle() || now_ns < close_idle_at_ns_) return false;
  close_idle_at_ns_ = 0;
  return true;
}

}  // namespace forkscope::gateway
