// Preloaded into a server (LD_PRELOAD, ld.so(8)), this takes the primary's room for descriptors
// that epoll watches, on demand: as long as the file $NO_MORE_WATCHES exists, epoll_ctl(2) adds
// none. The workers, which are forks of the process that has loaded this, have all the room they
// want.
//
// See no_more_watches.h, which is the side of the test.
#include <dlfcn.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

const pid_t primary = ::getpid();

}  // namespace

extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const real = reinterpret_cast<decltype(&epoll_ctl)>(::dlsym(RTLD_NEXT, "epoll_ctl"));
  const char* file = std::getenv("NO_MORE_WATCHES");
  if (operation == EPOLL_CTL_ADD && ::getpid() == primary && file != nullptr &&
      ::access(file, F_OK) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return real(epoll, operation, fd, event);
}
