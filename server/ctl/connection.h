// A connection of `ctl` to the control socket of the server that is meant: found by its port,
// wherever a server of this user may have its socket, or given by its path.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "os/unique_fd.h"

namespace forkscope::ctl {

/// The one server on that port. Of several, one that is stopping gives way to its successor. Throws
/// std::runtime_error that names what was found, and where it was looked for.
os::UniqueFd connect_to_port(std::uint16_t port);
/// Throws std::runtime_error.
os::UniqueFd connect_to_path(const std::string& path);

/// The server's answer, also where it refuses. Closes the connection. Throws std::runtime_error
/// with one line for people where there is no answer.
nlohmann::ordered_json ask(os::UniqueFd server, const nlohmann::ordered_json& command);

}  // namespace forkscope::ctl
