// A server and the terminal that it was started on: what goes away with it, and what stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

#include "os/unique_fd.h"
#include "support/http_client.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::count_in;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

/// A terminal with a shell of its own, in a directory of its own; the test is who types.
class Terminal {
 public:
  Terminal() {
    int master = -1;
    shell_ = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (shell_ == 0) {
      for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
      ::setenv("XDG_RUNTIME_DIR", directory_.path().c_str(), 1);
      ::setenv("PORT", std::to_string(port_).c_str(), 1);
      ::setenv("WEB_CONCURRENCY", "1", 1);
      ::setenv("ASAN_OPTIONS", "handle_segv=0", 1);
      if (::chdir(directory_.path().c_str()) == 0) {
        ::execlp("bash", "bash", "--norc", "--noprofile", "-i", nullptr);
      }
      ::_exit(127);
    }
    master_.reset(master);
  }
  ~Terminal() {
    close();
    signal_server(SIGKILL);
    wait_until([&] { return !serves(); });
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Starts the server that `line` does, in which $S is the program and "todos.log" its log.
  void start(std::string line, const std::string& program = TODOS_SERVER) {
    type("S='" + program + " --kill-after 0'\n");
    type(line + "\n");
    ASSERT_TRUE(wait_until([&] { return count_in(log(), " listening after") > 0; })) << log();
  }
  void type(const std::string& keys) {
    ASSERT_EQ(::write(master_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// As when its window is closed. Returns when the shell has ended.
  void close() {
    if (!master_) return;
    master_.reset();
    if (!wait_until([&] { return ::waitpid(shell_, nullptr, WNOHANG) == shell_; })) {
      ::kill(shell_, SIGKILL);
      ::waitpid(shell_, nullptr, 0);
      ADD_FAILURE() << "the shell goes on without its terminal";
    }
  }

  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory_.path() / "todos.log").rdbuf();
    return text.str();
  }
  bool logs(const std::string& text) const {
    return wait_until([&] { return count_in(log(), text) > 0; });
  }
  pid_t server_pid() const {
    const std::string text = log();
    const std::string before = "primary pid: ";
    const auto at = text.find(before);
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + before.size());
  }
  /// A number of 0, of a server that has not started, would be this test's own process group.
  void signal_server(int signal) const {
    if (const pid_t pid = server_pid()) ::kill(pid, signal);
  }
  bool serves() const {
    try {
      return support::http_request(port_, "GET", "/").status != 0;
    } catch (const std::exception&) {
      return false;
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  support::TempDir directory_;
  std::uint16_t port_ = support::free_port();
  pid_t shell_ = -1;
  os::UniqueFd master_;
};

class OutlivesItsTerminal : public ::testing::TestWithParam<const char*> {};

TEST_P(OutlivesItsTerminal, AndReloadsOnHup) {
  Terminal terminal;
  terminal.start(GetParam());
  terminal.close();
  // One that is sent while the terminal's own is still pending is merged with it (signal(7)).
  EXPECT_TRUE(wait_until([&] {
    terminal.signal_server(SIGHUP);
    return count_in(terminal.log(), "generation 2") > 0;
  })) << terminal.log();
  EXPECT_TRUE(terminal.serves());
  terminal.signal_server(SIGTERM);
  EXPECT_TRUE(wait_until([&] { return !terminal.serves(); }));
}

INSTANTIATE_TEST_SUITE_P(Server, OutlivesItsTerminal,
                         ::testing::Values("nohup $S 2> todos.log &", "nohup $S 2> todos.log",
                                           "$S 2> todos.log & disown", "setsid $S 2> todos.log &",
                                           "(trap '' HUP; exec $S 2> todos.log)"));

TEST(Nohup, HearsOfTheTerminalsEndAndSaysSo) {
  Terminal terminal;
  terminal.start("nohup $S 2> todos.log &");
  terminal.close();
  EXPECT_TRUE(terminal.logs("the terminal is gone; ")) << terminal.log();
  EXPECT_TRUE(terminal.serves());
  EXPECT_THAT(terminal.log(), Not(HasSubstr("reload")));
}

class EndsWithItsTerminal : public ::testing::TestWithParam<const char*> {};

TEST_P(EndsWithItsTerminal, AndSaysWhy) {
  Terminal terminal;
  terminal.start(GetParam());
  terminal.close();
  EXPECT_TRUE(terminal.logs("its terminal is gone"));
  EXPECT_TRUE(wait_until([&] { return !terminal.serves(); }));
}

INSTANTIATE_TEST_SUITE_P(Server, EndsWithItsTerminal,
                         ::testing::Values("$S 2> todos.log", "$S 2> todos.log &",
                                           "bash --norc -i -c '$0 $1 $2 2> todos.log' $S"));

TEST(CtrlC, StopsTheForeground) {
  Terminal terminal;
  terminal.start("$S 2> todos.log");
  terminal.type("\x03");
  EXPECT_TRUE(terminal.logs("shutting down: SIGINT"));
}

TEST(CtrlBackslash, StopsTheForegroundWithoutKillingAWorker) {
  Terminal terminal;
  terminal.start("$S 2> todos.log");
  terminal.type("\x1c");
  EXPECT_TRUE(terminal.logs("shutting down: SIGQUIT"));
  EXPECT_TRUE(terminal.logs("worker 1 ended with exit code 0")) << terminal.log();
}

TEST(CtrlC, IsNotMeantForWhatAScriptHasPutIntoTheBackground) {
  Terminal terminal;
  terminal.start("sh -c \"$S 2> todos.log & sleep 60\"; touch todos.log.over");
  terminal.type("\x03");
  // The shell's answer to the key: it is at its prompt again, and does what it is told.
  terminal.type("kill -USR1 " + std::to_string(terminal.server_pid()) + "\n");
  EXPECT_TRUE(terminal.logs("generation 1: idle"));
  EXPECT_THAT(terminal.log(), Not(HasSubstr("shutting down")));
  terminal.signal_server(SIGINT);
  EXPECT_TRUE(terminal.logs("shutting down: SIGINT")) << "who sends it means it";
}

// "stty tostop": the kernel stops whoever writes to the terminal from the background, by a signal
// to the whole group.
TEST(BackgroundOutput, OfAChildDoesNotChangeTheNumberOfWorkers) {
  Terminal terminal;
  terminal.type("stty tostop\n");
  terminal.start("$S --workers 2 2> todos.log &", STARTER_SERVER);
  support::http_request(terminal.port(), "POST", "/start", "echo from the background");
  terminal.signal_server(SIGUSR1);
  EXPECT_TRUE(terminal.logs("worker 2 pid ")) << terminal.log();
  EXPECT_THAT(terminal.log(), Not(HasSubstr("scaling")));
  EXPECT_THAT(terminal.log(), Not(HasSubstr("draining")));
}

}  // namespace
}  // namespace forkscope
