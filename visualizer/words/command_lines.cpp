#include "words/command_lines.h"

#include "forkscope/telemetry/names.h"

namespace forkscope::words {

namespace {

constexpr std::uint16_t kUsualPort = 8000;  // of todos-server and of its `ctl`

}  // namespace

std::string curl_line(const ServerAddress& server, std::string_view target,
                      std::string_view options) {
  return "curl " + std::string(options) + telemetry::authority(server.host, server.port) +
         std::string(target);
}

std::string kill_line(std::string_view signal, std::uint32_t pid) {
  return "kill -" + std::string(signal) + ' ' + std::to_string(pid);
}

std::string ctl_line(const ServerAddress& server, std::string_view command) {
  return server.program + " ctl " + std::string(command) +
         (server.port == kUsualPort ? "" : " --port " + std::to_string(server.port));
}

}  // namespace forkscope::words
