#include "text/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace forkscope::text {

namespace {

sigset_t stop_set() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

// Private modes 1049 (alternate screen) and 25 (cursor), as in xterm's ctlseqs.
Terminal::Terminal() { write_out("\x1b[?1049h\x1b[?25l"); }
Terminal::~Terminal() { write_out("\x1b[?25h\x1b[?1049l"); }

TableSize Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 ||
      window.ws_row == 0) {
    return TableSize{};
  }
  return {window.ws_col, window.ws_row};
}

void Terminal::show(const std::vector<std::string>& lines) const {
  std::string bytes = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) bytes += "\r\n";
    bytes += lines[i] + "\x1b[K";
  }
  write_out(bytes + "\x1b[J");
}

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = net::Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

StopSignals::~StopSignals() {
  signalfd_siginfo taken;
  while (::read(signals_.get(), &taken, sizeof taken) > 0) {
  }
  const sigset_t set = stop_set();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool StopSignals::wait(std::chrono::milliseconds timeout) const {
  pollfd entry{signals_.get(), POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(timeout.count())) > 0;
}

bool write_out(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace forkscope::text
