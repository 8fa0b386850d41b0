#include "viewer.h"

#include <algorithm>

namespace forkscope::visualizer_test {

Command viewer_command(std::vector<std::string> arguments, const std::filesystem::path& runtime) {
  arguments.insert(arguments.begin(), TODOS_VISUALIZER);
  Command command{std::move(arguments),
                  {{"FORKSCOPE_RUNTIME_DIR", runtime / "forkscope"},
                   {"LC_ALL", "C.UTF-8"},
                   {"DISPLAY", std::nullopt},
                   {"WAYLAND_DISPLAY", std::nullopt}}};
#ifdef KEEP_LIBRARIES
  command.environment["LD_PRELOAD"] = KEEP_LIBRARIES;
  command.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
#endif
  return command;
}

Command viewer_command(std::vector<std::string> arguments, const support::ServerProcess& server) {
  arguments.push_back("--port=" + std::to_string(server.port()));
  return viewer_command(std::move(arguments), server.directory());
}

Command viewer_command(std::vector<std::string> arguments, const support::ServerProcess& server,
                       const VirtualDisplay& display) {
  arguments.push_back("--size=" + std::to_string(VirtualDisplay::kWidth) + "x" +
                      std::to_string(VirtualDisplay::kHeight));
  Command command = viewer_command(std::move(arguments), server);
  command.environment["DISPLAY"] = display.name();
  return command;
}

Ending run(const Command& command) {
  Program program(command);
  const int exit_code = program.wait_for_exit();
  return {exit_code, program.output(), program.errors()};
}

bool is_one_line(const std::string& text) {
  return text.ends_with('\n') && std::count(text.begin(), text.end(), '\n') == 1;
}

}  // namespace forkscope::visualizer_test
