// The real todos-visualizer, for the server of a test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "program.h"
#include "support/server_process.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {

/// With the arguments as they are: no display, and no server but those whose runtime directory is
/// `runtime`.
Command viewer_command(std::vector<std::string> arguments, const std::filesystem::path& runtime);

/// Looking at `server`, without a display.
Command viewer_command(std::vector<std::string> arguments, const support::ServerProcess& server);

/// Looking at `server`, with a window on `display`, as large as the screen.
Command viewer_command(std::vector<std::string> arguments, const support::ServerProcess& server,
                       const VirtualDisplay& display);

/// The program's whole life.
struct Ending {
  int exit_code;
  std::string output;
  std::string errors;
};
Ending run(const Command& command);

/// "one line": that is how every failure has to be told.
bool is_one_line(const std::string& text);

}  // namespace forkscope::visualizer_test
