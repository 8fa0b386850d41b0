#include "text/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace forkscope::text {

namespace {

sigset_t watched_set() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGTSTP, SIGWINCH}) ::sigaddset(&set, signal);
  // Who was started by nohup(1) goes on when the terminal is gone. Signals that are blocked come
  // even where they are ignored (signal(7)).
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

// Private modes 1049 (alternate screen) and 25 (cursor), as in xterm's ctlseqs.
void Terminal::enter() {
  has_keys_ = ::isatty(STDIN_FILENO) != 0 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios raw = before_;  // key by key and without echo; Ctrl-C and Ctrl-Z stay signals
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  output_.write("\x1b[?1049h\x1b[?25l\x1b[2J");
}

void Terminal::leave() {
  constexpr std::string_view kAsItWas = "\x1b[?25h\x1b[?1049l";
  output_.discard();  // the rest of a picture that goes anyway; an ESC ends what was begun
  output_.write(kAsItWas);
  if (output_.kept() > 0) {
    // Nobody reads. What has been written and not read makes way for what brings the shell's screen
    // back; off and on lets go of a Ctrl-S (TCXONC in ioctl_tty(2)).
    ::tcflush(STDOUT_FILENO, TCOFLUSH);
    ::tcflow(STDOUT_FILENO, TCOOFF);
    ::tcflow(STDOUT_FILENO, TCOON);
    output_.discard();
    output_.write(kAsItWas);
  }
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

TableSize Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 ||
      window.ws_row == 0) {
    return TableSize{};
  }
  return {window.ws_col, window.ws_row};
}

bool Terminal::show(const std::vector<std::string>& lines) {
  if (output_.kept() > 0) return output_.flush();
  std::string bytes = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) bytes += "\r\n";
    bytes += lines[i] + "\x1b[K";
  }
  return output_.write(bytes + "\x1b[J");
}

std::string Terminal::keys() const {
  if (!has_keys_) return {};
  std::array<char, 256> bytes;
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
}

void Terminal::suspend() {
  leave();
  ::raise(SIGSTOP);  // TSTP itself is blocked; to whoever waits for us it is the same
  enter();
}

Signals::Signals() {
  const sigset_t set = watched_set();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = os::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Signals::~Signals() {
  wait(std::chrono::milliseconds(0), false, -1);  // takes what is pending
  const sigset_t set = watched_set();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Signals::Woken Signals::wait(std::chrono::milliseconds timeout, bool for_keys, int output) const {
  // poll(2) passes over a descriptor of -1.
  std::array<pollfd, 3> entries{{{signals_.get(), POLLIN, 0},
                                 {for_keys ? STDIN_FILENO : -1, POLLIN, 0},
                                 {output, POLLOUT, 0}}};
  ::poll(entries.data(), entries.size(), static_cast<int>(timeout.count()));
  Woken woken;
  // A terminal that has hung up is readable for ever, without a key.
  woken.keys = for_keys && entries[1].revents == POLLIN;
  woken.stop = for_keys && (entries[1].revents & (POLLHUP | POLLERR)) != 0;
  signalfd_siginfo taken;
  while (::read(signals_.get(), &taken, sizeof taken) == sizeof taken) {
    switch (taken.ssi_signo) {
      case SIGTSTP: woken.suspend = true; break;
      case SIGWINCH: woken.resized = true; break;
      default: woken.stop = true;
    }
  }
  return woken;
}

}  // namespace forkscope::text
