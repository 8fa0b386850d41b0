#include "os/child_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "os/signal_events.h"

extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

namespace forkscope::os {

namespace {

/// Closes every descriptor above 2 that is not in `keep`: what a dead primary's worker would
/// otherwise hold open looks alive to others.
void close_all_except(std::span<const int> keep) {
  std::vector<int> sorted(keep.begin(), keep.end());
  std::sort(sorted.begin(), sorted.end());
  unsigned first = 3;
  for (const int fd : sorted) {
    if (fd < static_cast<int>(first)) continue;
    if (static_cast<unsigned>(fd) > first) ::close_range(first, static_cast<unsigned>(fd) - 1, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::close_range(first, UINT_MAX, 0);
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
                                               const std::function<int()>& body) {
  const pid_t parent = ::getpid();
  // Nothing may interrupt the child before it has reset its signals.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(parent, keep, body);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    errno = error;
    return std::nullopt;
  }

  ChildProcess child;
  child.pid_ = pid;
  child.pidfd_.reset(::pidfd_open(pid, 0));
  if (!child.pidfd_) {
    const int open_error = errno;
    ::kill(pid, SIGKILL);  // safe: it has not been reaped
    ::waitpid(pid, nullptr, 0);
    errno = open_error;
    return std::nullopt;
  }
  return child;
}

bool ChildProcess::signal(int number) const {
  return pidfd_ && ::pidfd_send_signal(pidfd_.get(), number, nullptr, 0) == 0;
}

std::optional<ExitStatus> ChildProcess::reap() {
  siginfo_t info{};
  if (!pidfd_ ||
      ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status, info.si_code == CLD_DUMPED};
}

std::optional<JobChange> ChildProcess::job_change() const {
  siginfo_t info{};
  if (!pidfd_ ||
      ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WSTOPPED | WCONTINUED | WNOHANG) !=
          0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  return info.si_code == CLD_CONTINUED ? JobChange::continued : JobChange::stopped;
}

}  // namespace forkscope::os
