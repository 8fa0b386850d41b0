// What looks like a hang and is none: nobody is declared hung, nobody is killed.
// (A slow client: hang_test.cpp. Steps of the wall clock can't matter: every decision is made on
// CLOCK_MONOTONIC, and the wall clock is only written down.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "os/child_process.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;
using support::wait_for_request;
using support::wait_until;
using support::wait_while_watched;
using ::testing::HasSubstr;
using ::testing::Not;

/// Children of the test that each want a whole core, as long as the object lives.
class Overload {
 public:
  explicit Overload(long children) {
    for (long i = 0; i < children; ++i) {
      children_.push_back(os::ChildProcess::fork({}, [] {
                            for (volatile unsigned turns = 0;;) turns = turns + 1;
                            return 0;
                          }).value());
    }
  }
  ~Overload() {
    for (os::ChildProcess& child : children_) {
      child.signal(SIGKILL);
      wait_until([&] { return child.reap().has_value(); });
    }
  }
  Overload(const Overload&) = delete;
  Overload& operator=(const Overload&) = delete;

 private:
  std::vector<os::ChildProcess> children_;
};

void expect_no_alarm(const ServerProcess& server, int workers) {
  for (int number = 1; number <= workers; ++number) {
    const auto worker = server.worker(number);
    EXPECT_EQ(worker["hangs"], 0);
    EXPECT_EQ(worker["generation"], 1);
  }
  EXPECT_THAT(server.log(), Not(HasSubstr(" hung ")));
}

TEST(FalseAlarm, IsNotRaisedByFourTimesMoreWorkThanCores) {
  const ServerProcess server({.workers = 2});
  const Overload overload(4 * ::sysconf(_SC_NPROCESSORS_ONLN));
  support::HttpConnection client(server.port(), 30s);
  const double since = server.worker(1)["uptime_ms"];
  EXPECT_TRUE(wait_until(
      [&] {  // for longer than it takes to be called hung
        client.send_request("POST", "/v1/todos", R"({"title":"overload"})");
        EXPECT_EQ(client.read_response().status, 201);
        client.send_request("GET", "/v1/todos?limit=100");
        EXPECT_EQ(client.read_response().status, 200);
        return server.worker(1)["uptime_ms"] > since + 3000;
      },
      30s));
  expect_no_alarm(server, 2);
}

TEST(FalseAlarm, IsNotRaisedByADebugger) {
  const ServerProcess server(
      {.workers = 1, .arguments = {"--hang-after=900ms", "--kill-after=1s"}});
  // Long enough to be found in its middle, and shorter than a hang.
  auto request = server.start_request("/v1/faults/slow?ms=600");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  const pid_t pid = server.worker_pid(1);
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) {
    GTEST_SKIP() << "not allowed to trace a process here";
  }
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, __WALL), pid);
  ASSERT_TRUE(WIFSTOPPED(status));
  EXPECT_TRUE(wait_while_watched(server, 1, 1500ms)) << "longer than until a hang ends in a kill";
  EXPECT_NE(server.worker(1)["in_flight"], nullptr) << "it was held in the middle of a request";
  ASSERT_EQ(::ptrace(PTRACE_DETACH, pid, nullptr, nullptr), 0);
  EXPECT_EQ(request.read_response().status, 200);
  expect_no_alarm(server, 1);
}

// Ctrl-Z and fg.
TEST(JobControl, StoppingTheWholeGroupIsNoHang) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=900ms", "--kill-after=1s"}});
  auto request = server.start_request("/v1/faults/slow?ms=600");
  const int number = wait_for_request(server, 2);
  ASSERT_NE(number, 0);
  const pid_t before = server.worker_pid(number);
  ::kill(-server.pid(), SIGSTOP);
  // Longer than until a hang ends in a kill; nobody who could tell of it runs meanwhile.
  support::pass(1200ms);
  // The primary has looked at its workers before any of them can go on.
  ::kill(server.pid(), SIGCONT);
  EXPECT_EQ(server.control({{"cmd", "status"}})["ok"], true);
  ::kill(-server.pid(), SIGCONT);
  EXPECT_EQ(request.read_response().status, 200);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(number) == "idle"; }));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_EQ(server.worker_pid(number), before);
  EXPECT_THAT(server.log(), Not(HasSubstr(" hung ")));
}

}  // namespace
}  // namespace forkscope
