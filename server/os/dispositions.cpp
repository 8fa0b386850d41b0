#include "os/dispositions.h"

#include <csignal>

namespace forkscope::os {

bool ignored_at_start(int signal) {
  static const sigset_t kIgnored = [] {
    sigset_t ignored;
    ::sigemptyset(&ignored);
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction now {};
      if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
        ::sigaddset(&ignored, number);
      }
    }
    return ignored;
  }();
  return ::sigismember(&kIgnored, signal) == 1;
}

void reset_dispositions() {
  for (int signal = 1; signal < NSIG; ++signal) {
    ::signal(signal, ignored_at_start(signal) && signal != SIGCHLD ? SIG_IGN : SIG_DFL);
  }
}

void ignore_signals(std::initializer_list<int> signals) {
  for (const int signal : signals) {
    ignored_at_start(signal);
    ::signal(signal, SIG_IGN);
  }
}

}  // namespace forkscope::os
