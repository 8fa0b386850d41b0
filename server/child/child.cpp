#include "child/child.h"

#include <cassert>
#include <cerrno>
#include <cstdio>

#include "forkscope/telemetry/clock.h"
#include "os/descriptor_passing.h"

namespace forkscope::child {

namespace {

void tell_primary(os::UniqueFd& boot_pipe, std::string_view message,
                  std::span<const int> descriptors) {
  assert(boot_pipe);  // it has not been told before
  // It fits. EPIPE: the primary is gone, and so are we.
  if (!os::send_with_descriptors(boot_pipe.get(), message, descriptors) && errno != EPIPE) {
    std::perror("boot pipe");
  }
  boot_pipe.reset();
}

}  // namespace

void say_ready(const Inheritance& inheritance, std::span<const int> heirlooms) {
  inheritance.writer.ready(telemetry::now_ns());
  tell_primary(inheritance.boot_pipe, std::string_view(&kReadyMark, 1), heirlooms);
}

int say_why_not(const Inheritance& inheritance, std::string_view why, int exit_code) {
  tell_primary(inheritance.boot_pipe, why.empty() ? "for no reason that it knows" : why, {});
  return exit_code;
}

}  // namespace forkscope::child
