// A child process by its pid. The number can't come to mean a stranger while this object has it:
// the kernel gives it away only once the child has been reaped, and nobody else reaps here.
//
// Needs nothing that a container may forbid: kill(2) and waitid(2). Its end is SIGCHLD, an event of
// the parent's loop. Whoever forks must reap. Primary only.
#pragma once

#include <sys/types.h>

#include <cassert>
#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace forkscope::os {

/// How a process ended (waitid(2)).
struct ExitStatus {
  bool signaled = false;
  int code = 0;  ///< Exit code, or signal number.
  bool core_dumped = false;
};

/// Whether it was stopped or continued (SIGSTOP, SIGCONT and their like).
enum class JobChange { stopped, continued };

/// Whether a child stays in its parent's process group, or leads one of its own.
enum class ProcessGroup { shared, own };

class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    assert(reaped_ && "whoever forks must reap");
    pid_ = std::exchange(other.pid_, 0);
    reaped_ = std::exchange(other.reaped_, true);
    group_ = other.group_;
    return *this;
  }

  /// Throws std::system_error with the name of the system call where what fork() and signal() need
  /// is denied (seccomp(2)): a worker would outlive its primary.
  static void require_system_calls();

  /// Runs `body` in a child, whose exit code is what it returns; the child never returns from
  /// here. It dies with its parent (prctl(2), PR_SET_PDEATHSIG), and of its inherited descriptors
  /// only 0, 1, 2 and `keep` are open. Its signal dispositions are those of dispositions.h's
  /// reset_dispositions(), and all signals are blocked until `body` says otherwise, so that none is
  /// lost or deadly before it is ready.
  /// Nothing, and errno, when the system is out of processes, descriptors or memory.
  static std::optional<ChildProcess> fork(std::span<const int> keep,
                                          const std::function<int()>& body,
                                          ProcessGroup group = ProcessGroup::shared);

  pid_t pid() const { return pid_; }
  /// Whether there is one that has not been reaped.
  explicit operator bool() const { return !reaped_; }

  /// False, and errno, when it can't be sent. (One that has ended and is not reaped takes it.)
  /// SIGKILL, SIGSTOP and SIGCONT are for all of its own group.
  bool signal(int number) const;
  /// Takes the exit status, once, if the child has ended. Its pid is free afterwards, and no
  /// signal is sent to it any more. Whoever is left in a group of its own is killed before.
  std::optional<ExitStatus> reap();
  std::optional<JobChange> job_change() const;

 private:
  pid_t pid_ = 0;
  bool reaped_ = true;
  ProcessGroup group_ = ProcessGroup::shared;
};

}  // namespace forkscope::os
