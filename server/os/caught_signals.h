// Signals as events of a loop, for a process whose code starts programs. What is blocked or ignored
// stays so in a program that is executed, and what is caught does not (execve(2)): so nothing is
// blocked here, and what is to have no effect is caught as well.
//
// One per process. A child that is forked and executes nothing has none of it: there a signal does
// what it does by default.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include "os/unique_fd.h"

namespace forkscope::os {

class CaughtSignals {
 public:
  /// `events` come by next(); `without_effect` are those that would end or stop a process that has
  /// nothing to do with them, and stay ignored where they were at the start (dispositions.h). From
  /// now on no signal is blocked. Throws std::system_error.
  CaughtSignals(std::initializer_list<int> events, std::initializer_list<int> without_effect);

  /// Takes back what a library has decided meanwhile: cpp-httplib ignores SIGPIPE.
  void catch_again();

  /// Readable when one has arrived. A system call that it interrupts goes on afterwards, where
  /// signal(7) does not say otherwise.
  int fd() const { return read_end_.get(); }
  std::optional<int> next() const;
  /// Whether `signal`, one of the events, has ever come, taken by next() or not. Costs a load.
  bool has_come(int signal) const;

 private:
  std::vector<int> events_;
  std::vector<int> without_effect_;
  UniqueFd read_end_;
  UniqueFd write_end_;  ///< The handler's.
};

}  // namespace forkscope::os
