#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

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

}  // namespace

Program::Program(const Command& command) {
  std::vector<std::string> line = command.line;
  child_ = os::ChildProcess::fork({}, [&] {
             if (::chdir(directory().c_str()) != 0 || !redirect(0, "/dev/null") ||
                 !redirect(1, kOutput) || !redirect(2, kErrors)) {
               return 126;
             }
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

std::string Program::output() const { return content_of(directory() / kOutput); }

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
