#include "support/shell.h"

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace forkscope::support {

Output shell(const std::string& command) {
  FILE* const pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "re");
  if (pipe == nullptr) throw std::system_error(errno, std::generic_category(), "popen");
  Output output;
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output.text += buffer.data();
  const int status = ::pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

Output ctl(const ServerProcess& server, const std::string& arguments) {
  return shell("FORKSCOPE_RUNTIME_DIR=" + server.control_socket().parent_path().string() + ' ' +
               server.program().string() + " ctl " + arguments);
}

std::string port_option(const ServerProcess& server) {
  return "--port " + std::to_string(server.port()) + ' ';
}

}  // namespace forkscope::support
