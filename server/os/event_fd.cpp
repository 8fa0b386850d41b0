#include "os/event_fd.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace forkscope::os {

EventFd::EventFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void EventFd::signal() const { ::eventfd_write(fd_.get(), 1); }

void EventFd::clear() const {
  eventfd_t count = 0;
  ::eventfd_read(fd_.get(), &count);
}

}  // namespace forkscope::os
