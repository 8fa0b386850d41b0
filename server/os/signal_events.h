// Signals as events of a loop (signalfd(2)): no handler ever runs.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "os/unique_fd.h"

namespace forkscope::os {

class SignalEvents {
 public:
  /// Blocks the signals in this process from now on and delivers them by the descriptor instead.
  /// Throws std::system_error.
  explicit SignalEvents(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }
  /// The next signal that has arrived, or nothing.
  std::optional<int> next() const;

 private:
  UniqueFd fd_;
};

/// In a child right after the fork: every disposition back to default, nothing blocked.
void reset_signals();

/// For signals that a process leaves to its parent to act on.
void ignore_signals(std::initializer_list<int> signals);

}  // namespace forkscope::os
