// Whether servers still listen on their control sockets: asked again and again, without a
// connection for each time.
//
// One connection tells who listens (SO_PEERCRED, unix(7): the process that called listen(2)). From
// then on a pidfd says whether that process lives, for as long as the socket's file stays the same.
// A server that is stopped would otherwise keep every connection in its backlog, until there is no
// room for anybody. Main thread only; no call blocks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <vector>

#include "net/descriptor.h"

namespace forkscope::model {

class ServerProbe {
 public:
  /// Whether a server listens there. A file that a killed server has left behind is none.
  bool listens(std::uint16_t port);
  /// Forgets all but these.
  void keep_only(const std::vector<std::uint16_t>& ports);

 private:
  struct Listener {
    ino_t inode = 0;   // of the socket's file,
    timespec bound{};  // … and when it was made
    net::Descriptor process;
  };

  std::map<std::uint16_t, Listener> listeners_;  // by port
};

}  // namespace forkscope::model
