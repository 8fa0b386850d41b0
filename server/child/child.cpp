#include "child/child.h"

#include <cerrno>
#include <cstdio>

#include "forkscope/telemetry/clock.h"

namespace forkscope::child {

namespace {

void tell_primary(const Inheritance& inheritance, Mark mark, std::string_view text,
                  std::span<const int> descriptors = {}) {
  // Before this the application may have said so much that there is no room: this has to arrive.
  while (!inheritance.voice.say(mark, text, descriptors)) {
    if (errno == EAGAIN) {
      inheritance.voice.await_room();
      continue;
    }
    if (errno != EPIPE) std::perror("voice");  // the primary is gone, and so are we
    return;
  }
}

}  // namespace

void say_ready(const Inheritance& inheritance, std::span<const int> heirlooms) {
  inheritance.writer.ready(telemetry::now_ns());
  tell_primary(inheritance, Mark::ready, {}, heirlooms);
}

int say_why_not(const Inheritance& inheritance, std::string_view why, int exit_code) {
  tell_primary(inheritance, Mark::cannot_serve, why.empty() ? "for no reason that it knows" : why);
  return exit_code;
}

}  // namespace forkscope::child
