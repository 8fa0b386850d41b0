#include "program/launch.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace forkscope::program {

namespace {

constexpr int kListeningSocket = 3;  // SD_LISTEN_FDS_START
constexpr int kReports = 4;
constexpr int kOutOfTheWay = 10;     // of these two
constexpr int kPipeBytes = 1 << 18;  // some thousand lines, while the reporter has no CPU

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  os::UniqueFd read_end;
  os::UniqueFd write_end;
};

Pipe make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) throw_errno("pipe");
  return {os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

void set_variable(const char* name, std::uint64_t value) {
  ::setenv(name, std::to_string(value).c_str(), /*overwrite=*/1);
}

/// In the child. Returns where that is not possible, and errno says why.
void execute(const std::vector<std::string>& command, const Surroundings& surroundings,
             int reports) {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int socket = ::fcntl(surroundings.listening_socket, F_DUPFD_CLOEXEC, kOutOfTheWay);
  const int write_end = ::fcntl(reports, F_DUPFD_CLOEXEC, kOutOfTheWay);
  if (nothing < 0 || socket < 0 || write_end < 0 || ::dup2(nothing, STDIN_FILENO) < 0 ||
      ::dup2(socket, kListeningSocket) < 0 || ::dup2(write_end, kReports) < 0) {
    return;
  }
  set_variable("LISTEN_FDS", 1);
  set_variable("LISTEN_PID", static_cast<std::uint64_t>(::getpid()));
  ::unsetenv("LISTEN_FDNAMES");
  ::unsetenv("WEB_CONCURRENCY");
  set_variable("FORKSCOPE_REPORT", kReports);
  set_variable("FORKSCOPE_WORKER", surroundings.worker);
  set_variable("FORKSCOPE_HANG_AFTER_MS", surroundings.hang_after_ns / 1'000'000);

  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments.front(), arguments.data());
}

}  // namespace

Launched launch(const std::vector<std::string>& command, const Surroundings& surroundings) {
  Pipe reports = make_pipe(O_NONBLOCK);
  ::fcntl(reports.read_end.get(), F_SETPIPE_SZ, kPipeBytes);  // works with less, too
  // Closed by a successful execve(2), or else it tells why not.
  Pipe why_not = make_pipe(0);
  const std::array keep = {surroundings.listening_socket, reports.write_end.get(),
                           why_not.write_end.get()};
  auto child = os::ChildProcess::fork(keep, [&] {
    const int tells = ::fcntl(why_not.write_end.get(), F_DUPFD_CLOEXEC, kOutOfTheWay);
    execute(command, surroundings, reports.write_end.get());
    const int error = errno;
    return ::write(tells, &error, sizeof error) == sizeof error ? EXIT_FAILURE : 127;
  });
  if (!child) throw_errno("fork");
  why_not.write_end.reset();
  reports.write_end.reset();
  int error = 0;
  if (::read(why_not.read_end.get(), &error, sizeof error) == sizeof error) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child->pid()), &info, WEXITED | WNOWAIT);
    child->reap();
    throw std::system_error(error, std::generic_category(), command.front());
  }
  return {std::move(*child), std::move(reports.read_end)};
}

}  // namespace forkscope::program
