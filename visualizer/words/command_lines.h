// The lines that do in a shell what a key or a button does here. They are shown, never run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forkscope::words {

/// Where a server listens, as the segment's header names it.
struct ServerAddress {
  std::string host;
  std::uint16_t port = 0;
  /// What a shell starts that server's program by: "build/release/bin/todos-server".
  std::string program = "todos-server";
};

/// "curl 127.0.0.1:8000/v1/faults/hang": short, since it has to be read from afar. `options` of
/// curl, with a space behind: "-Z ".
std::string curl_line(const ServerAddress& server, std::string_view target,
                      std::string_view options = {});
/// "kill -STOP 4711"
std::string kill_line(std::string_view signal, std::uint32_t pid);
/// "build/release/bin/todos-server ctl protect off", with the port unless that is the usual one.
/// `command`: "protect off", "status".
std::string ctl_line(const ServerAddress& server, std::string_view command);

}  // namespace forkscope::words
