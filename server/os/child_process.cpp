#include "os/child_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <vector>

#include "os/dispositions.h"

namespace forkscope::os {

namespace {

/// Closes every descriptor above 2 that is not in `keep`: what a dead primary's worker would
/// otherwise hold open looks alive to others. closefrom(3) finds a way where close_range(2) is
/// denied or unknown.
void close_all_except(std::span<const int> keep) {
  std::vector<int> sorted(keep.begin(), keep.end());
  std::sort(sorted.begin(), sorted.end());
  int first = STDERR_FILENO + 1;
  for (const int fd : sorted) {
    while (first < fd) ::close(first++);
    first = std::max(first, fd + 1);
  }
  ::closefrom(first);
}

[[noreturn]] void run_child(pid_t parent, std::span<const int> keep,
                            const std::function<int()>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(EXIT_FAILURE);  // it died before the line above
  reset_dispositions();
  close_all_except(keep);
  int code = EXIT_FAILURE;
  try {
    code = body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "process %d: %s\n", ::getpid(), error.what());
  }
  ::_exit(code);
}

}  // namespace

std::optional<ChildProcess> ChildProcess::fork(std::span<const int> keep,
                                               const std::function<int()>& body,
                                               ProcessGroup group) {
  const pid_t parent = ::getpid();
  // Nothing may interrupt the child before it has reset its signals.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (group == ProcessGroup::own) ::setpgid(0, 0);
    run_child(parent, keep, body);
  }
  const int error = errno;
  // Here as well, so that it leads its group whoever of the two runs first.
  if (pid > 0 && group == ProcessGroup::own) ::setpgid(pid, pid);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    errno = error;
    return std::nullopt;
  }

  ChildProcess child;
  child.pid_ = pid;
  child.reaped_ = false;
  child.group_ = group;
  return child;
}

void ChildProcess::require_system_calls() {
  int death_signal = 0;
  // Set to what it is: whoever has started this process may have asked for a signal at its own
  // death.
  if (::prctl(PR_GET_PDEATHSIG, &death_signal) != 0 ||
      ::prctl(PR_SET_PDEATHSIG, death_signal) != 0) {
    throw std::system_error(errno, std::generic_category(), "prctl(PR_SET_PDEATHSIG)");
  }
  if (::kill(::getpid(), 0) != 0) throw std::system_error(errno, std::generic_category(), "kill");
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno != ECHILD) {
    throw std::system_error(errno, std::generic_category(), "waitid");
  }
}

bool ChildProcess::signal(int number) const {
  const bool for_all = number == SIGKILL || number == SIGSTOP || number == SIGCONT;
  if (!reaped_) return ::kill(for_all && group_ == ProcessGroup::own ? -pid_ : pid_, number) == 0;
  errno = ESRCH;
  return false;
}

std::optional<ExitStatus> ChildProcess::reap() {
  siginfo_t info{};
  if (reaped_) return std::nullopt;
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    assert(errno != ECHILD && "nobody else reaps, and only the parent");
    return std::nullopt;
  }
  if (info.si_pid == 0) return std::nullopt;
  // As long as it is not reaped, nobody else can get the number of its group.
  if (group_ == ProcessGroup::own) ::kill(-pid_, SIGKILL);
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  reaped_ = true;
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status, info.si_code == CLD_DUMPED};
}

std::optional<JobChange> ChildProcess::job_change() const {
  siginfo_t info{};
  if (reaped_ ||
      ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WCONTINUED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  return info.si_code == CLD_CONTINUED ? JobChange::continued : JobChange::stopped;
}

}  // namespace forkscope::os
