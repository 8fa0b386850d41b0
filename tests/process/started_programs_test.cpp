// What a handler starts finds the world as if a shell had started it: no signal blocked or ignored,
// an ordinary scheduler, no descriptors of the worker's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::wait_until;
using ::testing::ElementsAre;

ServerProcess starter_server(std::vector<int> ignored = {}) {
  return ServerProcess({.workers = 1, .program = STARTER_SERVER, .ignored_signals = ignored});
}

/// "Name: value" lines of a /proc/<pid>/status.
std::map<std::string, std::string> status_of(const std::string& file) {
  std::map<std::string, std::string> status;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos) status[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return status;
}

std::string signal_set(std::initializer_list<int> signals) {
  unsigned long bits = 0;
  for (const int signal : signals) bits |= 1UL << (signal - 1);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%016lx", bits);
  return text.data();
}

/// "SigIgn" without 32 and 33, which posix_spawn(3) ignores in the child: they are glibc's own.
std::string ignored_in(std::map<std::string, std::string> status) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%016lx",
                std::stoul(status["SigIgn"], nullptr, 16) & ~0x180000000UL);
  return text.data();
}

class StartedProgram : public ::testing::TestWithParam<const char*> {};

TEST_P(StartedProgram, StartsAsFromAShell) {
  const ServerProcess server = starter_server();
  // The directory itself is open while it is listed.
  const std::string command =
      "cat /proc/self/status > status; cut -d ' ' -f 41 /proc/self/stat > policy; "
      "ls /proc/$$/fd > fds";
  ASSERT_EQ(server.request("POST", std::string("/run?way=") + GetParam(), command).status, 200);
  auto status = status_of(server.directory() / "status");
  EXPECT_EQ(status["SigBlk"], signal_set({}));
  EXPECT_EQ(ignored_in(status), signal_set({}));
  std::string policy;
  std::ifstream(server.directory() / "policy") >> policy;
  EXPECT_EQ(policy, "0") << "SCHED_OTHER";
  std::vector<std::string> fds;
  std::ifstream lines(server.directory() / "fds");
  for (std::string fd; lines >> fd;) {
    if (fd.size() == 1) fds.push_back(fd);  // a shell has the one above 9 for itself
  }
  EXPECT_THAT(fds, ElementsAre("0", "1", "2"));
}

INSTANTIATE_TEST_SUITE_P(EveryWay, StartedProgram,
                         ::testing::Values("fork", "posix_spawn", "system", "popen"));

TEST(StartedProgram, IgnoresWhatTheServerWasStartedToIgnore) {
  const ServerProcess server = starter_server({SIGHUP, SIGUSR1});
  server.request("POST", "/run?way=posix_spawn", "cat /proc/self/status > status");
  auto status = status_of(server.directory() / "status");
  EXPECT_EQ(ignored_in(status), signal_set({SIGHUP, SIGUSR1}));
}

TEST(StartedProgram, EndsBySigterm) {
  const ServerProcess server = starter_server();
  for (const std::string command : {"exec sleep 60", ""}) {  // the empty one executes nothing
    const std::string pid = server.request("POST", "/start", command).body;
    ASSERT_TRUE(wait_until([&] {
      std::string name;
      std::ifstream("/proc/" + pid + "/comm") >> name;
      return command.empty() || name == "sleep";
    }));
    ::kill(std::stoi(pid), SIGTERM);
    EXPECT_TRUE(wait_until([&] { return support::is_dead(std::stoi(pid)); })) << command;
    EXPECT_EQ(server.request("POST", "/start", "true").status, 200)
        << "it had a copy of a connection that its worker has closed";
  }
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }))
      << "its child's signal is not its own";
  EXPECT_EQ(server.worker(1)["generation"], 1);
}

TEST(Worker, StillDrainsOnSigtermAndOutlivesTheOthers) {
  const ServerProcess server = starter_server();
  const pid_t worker = server.worker_pid(1);
  for (const int signal : {SIGINT, SIGQUIT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGPIPE, SIGXFSZ}) {
    ::kill(worker, signal);
    EXPECT_EQ(server.request("POST", "/start", "true").status, 200);
  }
  EXPECT_EQ(server.worker_pid(1), worker);
  ::kill(worker, SIGTERM);
  EXPECT_TRUE(support::wait_for_log(server, "worker 1 ended with exit code 0"));
}

}  // namespace
}  // namespace forkscope
