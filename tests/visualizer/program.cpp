#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/wait_until.h"

namespace forkscope::visualizer_test {

namespace {

constexpr const char* kOutput = "stdout.txt";
constexpr const char* kErrors = "stderr.txt";

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

bool redirect(int descriptor, const char* file) {
  const int opened = ::open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return ::dup2(opened, descriptor) == descriptor;
}

/// Our side of a new terminal (pty(7)).
os::UniqueFd open_terminal() {
  os::UniqueFd ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  const winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  if (!ours || ::grantpt(ours.get()) != 0 || ::unlockpt(ours.get()) != 0 ||
      ::ioctl(ours.get(), TIOCSWINSZ, &size) != 0) {
    throw std::runtime_error("no terminal to be had");
  }
  return ours;
}

/// Makes the other side of it the terminal of this process, as a terminal window does for a shell.
bool take_terminal(const char* name) {
  ::setsid();
  const int theirs = ::open(name, O_RDWR);  // the first that a session opens is its terminal
  return ::dup2(theirs, 0) == 0 && ::dup2(theirs, 1) == 1;
}

}  // namespace

Program::Program(const Command& command) {
  std::vector<std::string> line = command.line;
  std::string terminal;
  if (command.on_terminal) {
    terminal_ = open_terminal();
    terminal = ::ptsname(terminal_.get());
  }
  child_ = os::ChildProcess::fork({}, [&] {
             if (::chdir(directory().c_str()) != 0 || !redirect(2, kErrors)) return 126;
             const bool ready = command.on_terminal
                                    ? take_terminal(terminal.c_str())
                                    : redirect(0, "/dev/null") && redirect(1, kOutput);
             if (!ready) return 126;
             sigset_t none;
             ::sigemptyset(&none);
             ::sigprocmask(SIG_SETMASK, &none, nullptr);
             for (const auto& [name, value] : command.environment) {
               if (value) {
                 ::setenv(name.c_str(), value->c_str(), 1);
               } else {
                 ::unsetenv(name.c_str());
               }
             }
             std::vector<char*> argv;
             for (std::string& argument : line) argv.push_back(argument.data());
             argv.push_back(nullptr);
             ::execvp(argv[0], argv.data());
             return 127;
           }).value();
}

Program::~Program() {
  if (has_ended()) return;
  child_.signal(SIGKILL);
  support::wait_until([&] { return has_ended(); });
}

std::string Program::output() const {
  if (!terminal_) return content_of(directory() / kOutput);
  std::array<char, 4096> bytes{};
  ssize_t count = 0;
  while ((count = ::read(terminal_.get(), bytes.data(), bytes.size())) > 0) {
    displayed_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return displayed_;
}

void Program::type(const std::string& keys) const {
  if (::write(terminal_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size())) {
    throw std::runtime_error("its terminal takes no keys");
  }
}

std::string Program::errors() const { return content_of(directory() / kErrors); }

void Program::signal(int number) const {
  if (!child_.signal(number)) throw std::runtime_error("it has ended already:\n" + errors());
}

bool Program::has_ended() {
  if (exit_code_) return true;
  if (const auto status = child_.reap()) {
    exit_code_ = status->signaled ? 128 + status->code : status->code;
  }
  return exit_code_.has_value();
}

int Program::wait_for_exit(std::chrono::milliseconds timeout) {
  if (!support::wait_until([&] { return has_ended(); }, timeout)) {
    throw std::runtime_error("it still runs:\n" + errors());
  }
  return *exit_code_;
}

}  // namespace forkscope::visualizer_test
