// Where a running server is found: one control socket per port in the user's runtime directory.
//
//   ${XDG_RUNTIME_DIR}/forkscope/<port>.sock
//   /tmp/forkscope-<uid>/<port>.sock     where the variable names no directory of this user: it is
//                                        unset, or was left over by su(1)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forkscope::telemetry {

/// The directory, without a trailing slash. Not created here.
std::string runtime_directory();
std::string control_socket_path(std::uint16_t port);

/// Ports with a socket file in the runtime directory, ascending. A file may be left over from a
/// server that was killed: connecting tells.
std::vector<std::uint16_t> control_socket_ports();

}  // namespace forkscope::telemetry
