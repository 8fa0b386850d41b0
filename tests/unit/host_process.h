// A process that serves a segment until it is killed: for what only the death of a primary shows.
// Start it before any thread.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

#include "segment_host.h"

namespace forkscope::test {

class HostProcess {
 public:
  explicit HostProcess(std::uint16_t port) {
    int ready[2];
    if (::pipe(ready) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      SegmentHost host(port);
      host.start_worker(1, 4711);
      if (::write(ready[1], "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte;
    if (::read(ready[0], &byte, 1) != 1) throw std::runtime_error("host process");
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~HostProcess() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace forkscope::test
