#include "protection/crash_report.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

#include "protection/parcel.h"

namespace forkscope::protection {

namespace {

constexpr std::array kDeadly{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
constexpr std::size_t kStackBytes = 64 * 1024;

int primary = -1;
pid_t worker = 0;  // and its first thread, that of the event loop
std::array<struct sigaction, kDeadly.size()> before;

/// Async-signal-safe (signal-safety(7)). While another thread is in here, that of the event loop
/// may still touch connections: then the primary hears of it with the end of the process.
void report(int number, siginfo_t* info, void* /*context*/) {
  if (::gettid() == worker) {
    const MessageHead crashed{static_cast<std::uint32_t>(MessageKind::crashed), 0, 0};
    ::send(primary, &crashed, sizeof crashed, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  for (std::size_t i = 0; i < kDeadly.size(); ++i) {
    if (kDeadly[i] == number) ::sigaction(number, &before[i], nullptr);
  }
  // A fault comes again as soon as this returns; a signal that was sent does not.
  if (info->si_code <= 0) ::raise(number);
}

}  // namespace

void report_crashes(int socket) {
  primary = socket;
  worker = ::getpid();
  static std::array<std::byte, kStackBytes> stack;  // the thread's own may be what has run out
  const stack_t alternative{stack.data(), 0, stack.size()};
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_sigaction = report;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (std::size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &action, &before[i]);
}

}  // namespace forkscope::protection
