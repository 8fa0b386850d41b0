#include "text/output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace forkscope::text {

namespace {

constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// A description of our own of a terminal or a pipe; nothing where that is not to be had. Of a
/// file, it would begin at the start of the file instead of where the shell has got to.
os::UniqueFd open_anew(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return {};
  const bool terminal = ::isatty(descriptor) != 0;
  if (!terminal && !S_ISFIFO(info.st_mode)) return {};
  os::UniqueFd own(::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), kFlags));
  if (own || !terminal) return own;
  // After su(1) the terminal's file belongs to somebody else; /dev/tty is open to all (tty(4)), and
  // most often the same terminal.
  own = os::UniqueFd(::open("/dev/tty", kFlags));
  unsigned int given_device = 0;
  unsigned int own_device = 0;
  const bool same = own && ::ioctl(descriptor, TIOCGDEV, &given_device) == 0 &&
                    ::ioctl(own.get(), TIOCGDEV, &own_device) == 0 && given_device == own_device;
  return same ? std::move(own) : os::UniqueFd();
}

}  // namespace

Output::Output(int descriptor) : given_(descriptor), own_(open_anew(descriptor)) {}

bool Output::write(std::string_view bytes) {
  kept_.append(bytes);
  return flush();
}

bool Output::flush() {
  std::size_t written = 0;
  bool read = true;
  while (written < kept_.size()) {
    const std::size_t next = std::min(kept_.size() - written, room());
    if (next == 0) break;
    const ssize_t count = ::write(descriptor(), kept_.data() + written, next);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      read = errno == EAGAIN;
      break;
    }
    written += static_cast<std::size_t>(count);
  }
  kept_.erase(0, written);
  return read;
}

/// How much to offer at once. A description that is shared would wait for room for all of it: a
/// pipe that poll(2) calls writable takes PIPE_BUF bytes (pipe(7)).
std::size_t Output::room() const {
  if (own_) return kept_.size();
  pollfd entry{given_, POLLOUT, 0};
  return ::poll(&entry, 1, 0) > 0 ? PIPE_BUF : 0;
}

}  // namespace forkscope::text
