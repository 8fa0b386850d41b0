// The worker that hangs, for tests that make one hang and cannot know which.
#pragma once

#include "support/server_process.h"
#include "support/wait_until.h"

namespace forkscope::support {

/// The number of the first of `workers` that hangs, or 0 when none did in time.
inline int wait_for_hang(const ServerProcess& server, int workers) {
  int hung = 0;
  wait_until([&] {
    for (int number = 1; number <= workers && hung == 0; ++number) {
      if (server.worker_state(number) == "hung") hung = number;
    }
    return hung != 0;
  });
  return hung;
}

}  // namespace forkscope::support
