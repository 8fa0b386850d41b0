// Threads that take no signals: those are for the main thread. A signal that was sent to the
// process would otherwise run its handler in one of them, while the main thread goes on.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace forkscope::os {

/// Throws std::system_error when the system has no room for one more.
template <typename Function>
std::thread start_quiet_thread(Function function) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::move(function));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace forkscope::os
