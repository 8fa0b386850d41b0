// A wake-up call between processes (eventfd(2)): any number of signals before the wake-up count as
// one.
#pragma once

#include "os/unique_fd.h"

namespace forkscope::os {

class EventFd {
 public:
  /// Throws std::system_error.
  EventFd();

  int fd() const { return fd_.get(); }
  /// Never blocks.
  void signal() const;
  /// Makes it quiet until the next signal().
  void clear() const;

 private:
  UniqueFd fd_;
};

}  // namespace forkscope::os
