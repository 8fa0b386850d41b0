#include "faults.h"

#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace forkscope::chat {

namespace {

[[noreturn]] void spin() {
  volatile std::uint64_t turns = 0;  // an effect, so that the loop stays in the program
  while (true) turns = turns + 1;
}

[[noreturn]] void sleep() {
  while (true) ::pause();
}

/// As a wild pointer would, in a sanitized build as well.
[[noreturn]] void segfault() {
  std::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
  std::abort();
}

}  // namespace

void fire(std::string_view fault, std::string_view way) {
  if (fault == "hang") {
    if (way.empty() || way == "spin") spin();
    if (way == "sleep") sleep();
  } else if (fault == "crash") {
    if (way.empty() || way == "segv") segfault();
    if (way == "abort") std::abort();
    if (way == "throw") throw std::runtime_error("thrown on request");
    if (way == "exit") ::_exit(EX_SOFTWARE);
  }
}

}  // namespace forkscope::chat
