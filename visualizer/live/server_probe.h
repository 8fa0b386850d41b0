// Whether servers still listen on their control sockets: asked again and again, without a
// connection for each time.
//
// One connection tells who listens (SO_PEERCRED, unix(7): the process that called listen(2)). From
// then on a pidfd says whether that process lives, for as long as the socket's file stays the same.
// A server that is stopped would otherwise keep every connection in its backlog, until there is no
// room for anybody. Main thread only; no call blocks.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/question.h"
#include "forkscope/telemetry/endpoint.h"
#include "os/unique_fd.h"

namespace forkscope::live {

class ServerProbe {
 public:
  /// Whether a server listens there. A file that a killed server has left behind is none.
  bool listens(const telemetry::ControlEndpoint& server);
  /// Of one that listens: its process, or 0 where that means nothing here (another namespace).
  pid_t pid(const telemetry::ControlEndpoint& server) const;
  /// Of one that listens: the address that it serves, as it says itself. Asks once; empty until it
  /// has answered.
  std::string host(const telemetry::ControlEndpoint& server);
  /// Forgets all but these.
  void keep_only(const std::vector<telemetry::ControlEndpoint>& servers);

 private:
  struct Listener {
    ino_t inode = 0;   // of the socket's file
    timespec bound{};  // when the socket's file was made
    pid_t pid = 0;
    os::UniqueFd process = os::UniqueFd();
    std::optional<control::Question> question = {};  // for its address
    std::string host = {};
  };

  std::map<std::string, Listener> listeners_;  // by path
};

}  // namespace forkscope::live
