// A child process by its pidfd (pidfd_open(2)): a signal can never hit a stranger that got the same
// pid, and the exit is an event of the parent's loop.
//
// Owns the pidfd, not the child: whoever forks must reap. Primary only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <span>

#include "os/unique_fd.h"

namespace forkscope::os {

/// How a process ended (waitid(2)).
struct ExitStatus {
  bool signaled = false;
  int code = 0;  ///< Exit code, or signal number.
  bool core_dumped = false;
};

/// Whether it was stopped or continued (SIGSTOP, SIGCONT and their like).
enum class JobChange { stopped, continued };

class ChildProcess {
 public:
  ChildProcess() = default;

  /// Runs `body` in a child, whose exit code is what it returns; the child never returns from
  /// here. It dies with its parent (prctl(2), PR_SET_PDEATHSIG), and of its inherited descriptors
  /// only 0, 1, 2 and `keep` are open. Its signal dispositions are the defaults, and all signals
  /// are blocked until `body` says otherwise, so that none is lost or deadly before it is ready.
  /// Nothing, and errno, when the system is out of processes, descriptors or memory.
  static std::optional<ChildProcess> fork(std::span<const int> keep,
                                          const std::function<int()>& body);

  pid_t pid() const { return pid_; }
  /// Readable once the child has ended.
  int pidfd() const { return pidfd_.get(); }
  explicit operator bool() const { return static_cast<bool>(pidfd_); }

  /// False when there is no such process any more. (One that has ended and is not reaped counts.)
  bool signal(int number) const;
  /// Takes the exit status, once, if the child has ended. Its pid is free afterwards; the pidfd
  /// stays open until this object goes or gets another value.
  std::optional<ExitStatus> reap();
  std::optional<JobChange> job_change() const;

 private:
  pid_t pid_ = 0;
  UniqueFd pidfd_;
};

}  // namespace forkscope::os
