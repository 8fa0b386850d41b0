// A server that runs, as something to choose: found by its control socket.
#pragma once

#include <string>
#include <vector>

#include "forkscope/telemetry/endpoint.h"

namespace forkscope::picture {

struct RunningServer {
  telemetry::ControlEndpoint endpoint;
  /// "port 8000"; where several servers have that port: "port 8000, 127.0.0.2, pid 4711".
  std::string name;
  bool shown = false;  ///< It is the one that is looked at.
};

using RunningServers = std::vector<RunningServer>;

}  // namespace forkscope::picture
