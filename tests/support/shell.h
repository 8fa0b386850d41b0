// Commands that a user types at a shell, and what comes of them.
#pragma once

#include <string>

#include "support/server_process.h"

namespace forkscope::support {

struct Output {
  int exit_code = 0;  ///< Or 128 + the signal that killed the command, as a shell has it.
  std::string text;   ///< stdout and stderr.
};

/// Runs `command` with sh(1) to its end.
Output shell(const std::string& command);

/// `todos-server ctl` of a user who has the runtime directory of `server`.
Output ctl(const ServerProcess& server, const std::string& arguments);

/// "--port N ", of that server.
std::string port_option(const ServerProcess& server);

}  // namespace forkscope::support
