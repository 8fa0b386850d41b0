// Signals as events of a loop (signalfd(2)): no handler ever runs.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "os/unique_fd.h"

namespace forkscope::os {

class SignalEvents {
 public:
  /// From now on these signals, and no others, are blocked in this process, and delivered by the
  /// descriptor instead. Throws std::system_error.
  explicit SignalEvents(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }
  /// The next signal that has arrived, or nothing.
  std::optional<int> next() const;

 private:
  UniqueFd fd_;
};

/// Every disposition back to default, in a child right after the fork. What is blocked stays
/// blocked.
void reset_dispositions();

/// For signals that would end or stop a process that has nothing to do with them.
void ignore_signals(std::initializer_list<int> signals);

}  // namespace forkscope::os
