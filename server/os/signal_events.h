// Signals as events of a loop (signalfd(2)): no handler ever runs. For a process that starts no
// other program: what is blocked stays so across execve(2).
#pragma once

#include <sys/types.h>

#include <csignal>
#include <initializer_list>
#include <optional>

#include "os/unique_fd.h"

namespace forkscope::os {

struct ArrivedSignal {
  int number = 0;
  /// Nobody has sent it: a key was pressed on the terminal, or the terminal is gone, and the like.
  bool by_kernel = false;
  pid_t sender = 0;  ///< 0: the kernel, or a process outside of our pid namespace.
};

class SignalEvents {
 public:
  /// From now on these signals, and no others, are blocked in this process, and delivered by the
  /// descriptor instead. Throws std::system_error.
  explicit SignalEvents(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }
  /// The next signal that has arrived, or nothing.
  std::optional<ArrivedSignal> next() const;

 private:
  UniqueFd fd_;
};

}  // namespace forkscope::os
