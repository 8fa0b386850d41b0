// Whether to ask a new connection for its request at once, before epoll watches it. One that has
// brought it along, and is gone after it, need never be watched, which saves more than a recv(2)
// that finds nothing costs: about three times as much. So it is done where one in four brings its
// request along, as it was lately; where fewer do, every sixteenth is asked, to see whether that
// has changed.
//
// Of one worker; used by its only thread.
#pragma once

#include <algorithm>

namespace forkscope::gateway {

class EarlyLook {
 public:
  /// Asked once for each new connection.
  bool is_due() { return credit_ > 0 || ++passed_over_ % 16 == 0; }

  /// What came of it.
  void found(bool something) {
    credit_ = std::clamp(credit_ + (something ? kSaves : -kCosts), 0, kMost);
  }

 private:
  static constexpr int kCosts = 1;
  static constexpr int kSaves = 3;
  static constexpr int kMost = 32;  // a few that were slow are no reason to stop

  int credit_ = kMost;
  unsigned passed_over_ = 0;
};

}  // namespace forkscope::gateway
