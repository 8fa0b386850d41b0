// `todos-server ctl status|scale N|protect on/off|reload|stop|signal W SIG`: tells a running server
// of the same user what to do, over its control socket (supervisor/control_socket.h).
#pragma once

namespace forkscope::ctl {

/// `argv` begins with "ctl". Prints the answer, or one line on stderr about what is wrong. Returns
/// the exit code: 0 done, 1 refused or nobody there, 2 bad usage.
int run(int argc, char** argv);

}  // namespace forkscope::ctl
