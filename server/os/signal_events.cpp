#include "os/signal_events.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <system_error>

#include "os/dispositions.h"

namespace forkscope::os {

SignalEvents::SignalEvents(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) {
    ::sigaddset(&set, signal);
    ignored_at_start(signal);
    ::signal(signal, SIG_DFL);  // it may have been inherited as ignored, and would never come
  }
  if (::sigprocmask(SIG_SETMASK, &set, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "sigprocmask");
  }
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

std::optional<ArrivedSignal> SignalEvents::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  // A signal that a process has sent has the code SI_USER, SI_QUEUE or SI_TKILL, none of which is
  // positive (sigaction(2)).
  return ArrivedSignal{static_cast<int>(info.ssi_signo), info.ssi_code > 0,
                       static_cast<pid_t>(info.ssi_pid)};
}

}  // namespace forkscope::os
