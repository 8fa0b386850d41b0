// Starts a program as a service manager would that hands it a listening socket (sd_listen_fds(3)).
//
//   0            /dev/null
//   1, 2         the server's
//   3            the listening socket: LISTEN_FDS=1, LISTEN_PID its own pid
//   4            where it reports (report.h), FORKSCOPE_REPORT=4; does not block
//   FORKSCOPE_WORKER          the worker's number
//   FORKSCOPE_HANG_AFTER_MS   so long without a beat, once there was one, and it hangs
//
// Nothing else is open; signals are as they were for the server at its start, and none is blocked.
// It dies with the process that has started it. WEB_CONCURRENCY, if it is there, was for the
// server, and is taken out: a program that reads it would multiply.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/child_process.h"
#include "os/unique_fd.h"

namespace forkscope::program {

struct Surroundings {
  int listening_socket = -1;  ///< Borrowed, as in the following functions.
  std::uint32_t worker = 0;   ///< Number.
  std::uint64_t hang_after_ns = 0;
};

struct Launched {
  os::ChildProcess process;
  os::UniqueFd reports;  ///< The reading end of its descriptor 4; does not block.
};

/// Returns when the program has taken the place of the child. `command` is what execvp(3) takes,
/// the program first, and not empty. Throws std::system_error, with what execvp(3) or another call
/// says.
Launched launch(const std::vector<std::string>& command, const Surroundings& surroundings);

}  // namespace forkscope::program
