#include "os/caught_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include "os/dispositions.h"

namespace forkscope::os {

namespace {

pid_t g_owner = 0;
int g_events = -1;
std::atomic<std::uint64_t> g_come = 0;  // a bit for each signal
// A signal handler may use no atomic that takes a lock (C++20, [support.signal]).
static_assert(decltype(g_come)::is_always_lock_free);

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

/// In a child that was forked by the process that catches signals, the signal does what it does by
/// default: it is raised again, and comes when its handler has returned.
bool meant_for_a_child(int signal) {
  if (::getpid() == g_owner) return false;
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  return true;
}

void tell(int signal) {
  if (meant_for_a_child(signal)) return;
  g_come.fetch_or(bit(signal), std::memory_order_relaxed);
  const int error = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A pipe that is full says already that there is something to do.
  [[maybe_unused]] const ssize_t written = ::write(g_events, &byte, sizeof byte);
  errno = error;
}

void do_nothing(int signal) { meant_for_a_child(signal); }

/// For SIGTTIN and SIGTTOU. A process in the background that reads from its terminal, or writes to
/// it after `stty tostop`, gets these together with its whole group, again and again until the call
/// is allowed. It is allowed to a process that ignores them.
void ignore_from_now_on(int signal) {
  if (!meant_for_a_child(signal)) ::signal(signal, SIG_IGN);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

CaughtSignals::CaughtSignals(std::initializer_list<int> events,
                             std::initializer_list<int> without_effect)
    : events_(events), without_effect_(without_effect) {
  assert(g_owner != ::getpid());
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  read_end_.reset(pipe[0]);
  write_end_.reset(pipe[1]);
  g_owner = ::getpid();
  g_events = pipe[1];
  catch_again();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void CaughtSignals::catch_again() {
  for (const int signal : events_) handle(signal, tell);
  for (const int signal : without_effect_) {
    if (ignored_at_start(signal)) continue;
    handle(signal, signal == SIGTTIN || signal == SIGTTOU ? ignore_from_now_on : do_nothing);
  }
}

std::optional<int> CaughtSignals::next() const {
  unsigned char byte = 0;
  if (::read(read_end_.get(), &byte, sizeof byte) != sizeof byte) return std::nullopt;
  return byte;
}

bool CaughtSignals::has_come(int signal) const {
  assert(std::find(events_.begin(), events_.end(), signal) != events_.end());
  return (g_come.load(std::memory_order_relaxed) & bit(signal)) != 0;
}

}  // namespace forkscope::os
