// A worker that hangs: declared in time, shown with what it hangs in, killed, replaced; and never
// in anybody else's way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <ostream>
#include <string>

#include "os/cpu_count.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::wait_for_hang;
using support::wait_for_request;
using support::wait_until;
using ::testing::HasSubstr;

struct Kind {
  const char* target;
  const char* name;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.target; }

class Hang : public ::testing::TestWithParam<Kind> {};

TEST_P(Hang, IsDeclaredWithItsKindAndPathThenKilledAndReplaced) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=300ms", "--kill-after=2s"}});
  auto hanging = server.start_request(GetParam().target);
  const int number = wait_for_hang(server, 2);
  ASSERT_NE(number, 0);
  const auto worker = server.worker(number);
  EXPECT_EQ(worker["hang"]["kind"], GetParam().name);
  EXPECT_EQ(worker["hang"]["phase"], "handling");
  EXPECT_EQ(worker["in_flight"]["path"], "/v1/faults/hang");

  EXPECT_TRUE(support::wait_for_generation(server, number, 2));
  const auto back = server.worker(number);
  EXPECT_EQ(back["last_exit"]["signal"], "SIGABRT");
  EXPECT_EQ(back["last_exit"]["was_hung"], true);
  EXPECT_EQ(back["last_exit"]["abandoned"], 1);
  EXPECT_THAT(server.log(), HasSubstr("in GET /v1/faults/hang (" + std::string(GetParam().name)));
}

INSTANTIATE_TEST_SUITE_P(EveryKind, Hang,
                         ::testing::Values(Kind{"/v1/faults/hang?mode=spin", "spin"},
                                           Kind{"/v1/faults/hang?mode=sleep", "blocked"}),
                         [](const auto& test) { return test.param.name; });

// Of many workers the kernel wakes only those on call, and each hang takes one of them away.
TEST(HangTest, NeverLeavesAConnectionToWorkersThatHang) {
  const int workers = static_cast<int>(os::usable_cpus()) + 6;
  const ServerProcess server({.workers = workers, .arguments = {"--hang-after=1m"}});
  ASSERT_TRUE(support::wait_for_quiet(server, workers));
  std::deque<support::HttpConnection> hung;
  for (int count = 1; count < workers; ++count) {
    hung.push_back(server.start_request("/v1/faults/hang?mode=sleep"));
    // What is accepted before that would hang with it.
    ASSERT_TRUE(wait_until([&] {
      const auto status = server.control({{"cmd", "status"}});
      return std::ranges::count_if(status["workers"], [](const auto& worker) {
               return worker["in_flight"] != nullptr;
             }) == count;
    }));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(server.request("GET", "/livez").status, 200);
  }
}

TEST(HangTest, TakesAStoppedWorkerForHungAndReplacesIt) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=300ms", "--kill-after=2s"}});
  // In the middle of its loop it would be killed at once.
  ASSERT_TRUE(support::wait_for_quiet(server, 2));
  const pid_t pid = server.worker_pid(1);
  ::kill(pid, SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "hung"; }));
  EXPECT_EQ(server.worker(1)["hang"]["kind"], "stopped");
  EXPECT_TRUE(
      wait_until([&] { return server.worker_pid(1) != pid && server.worker_state(1) == "idle"; }));
}

TEST(HangTest, ForgivesAStoppedWorkerThatIsContinuedInTime) {
  const ServerProcess server(
      {.workers = 1, .arguments = {"--hang-after=200ms", "--kill-after=60s"}});
  ASSERT_TRUE(support::wait_for_quiet(server, 1));  // in the middle of its loop it is not forgiven
  const pid_t pid = server.worker_pid(1);
  ::kill(pid, SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "hung"; }));
  ::kill(pid, SIGCONT);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
  EXPECT_EQ(server.worker_pid(1), pid);
  EXPECT_THAT(server.log(), HasSubstr("recovered"));
}

TEST(HangTest, IsShownOnTheCoreThatItSpinsOn) {
  cpu_set_t usable;
  ASSERT_EQ(::sched_getaffinity(0, sizeof usable, &usable), 0);
  const ServerProcess server(
      {.workers = 1, .arguments = {"--hang-after=100ms", "--kill-after=60s"}});
  const auto hanging = server.start_request("/v1/faults/hang?mode=spin");
  ASSERT_EQ(wait_for_hang(server, 1), 1);
  const pid_t pid = server.worker_pid(1);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &usable)) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    ASSERT_EQ(::sched_setaffinity(pid, sizeof only, &only), 0);
    EXPECT_TRUE(wait_until([&] { return server.worker(1)["core"] == core; })) << core;
  }
}

TEST(HangTest, LeavesEveryOtherRequestAnswered) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=500ms", "--kill-after=60s"}});
  auto hanging = server.start_request("/v1/faults/hang");
  ASSERT_NE(wait_for_request(server, 2), 0);  // what it accepts before that would hang with it
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(server.request("GET", "/v1/todos").status, 200) << i;
  }
  EXPECT_NE(wait_for_hang(server, 2), 0);
}

TEST(HangTest, BringsBackTheServerWhenAllWorkersHangAtOnce) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=300ms", "--kill-after=1500ms"}});
  auto first = server.start_request("/v1/faults/hang");
  ASSERT_NE(wait_for_request(server, 2), 0);
  auto second = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(wait_until([&] {
    return server.worker(1)["in_flight"] != nullptr && server.worker(2)["in_flight"] != nullptr;
  }));
  // Nobody can accept this one until a worker is back; it waits in the kernel and is answered.
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_TRUE(wait_until(
      [&] { return server.worker(1)["generation"] == 2 && server.worker(2)["generation"] == 2; }));
}

TEST(HangTest, DoesNotTakeASlowClientForAHang) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=200ms", "--kill-after=400ms"}});
  support::HttpConnection slow(server.port());
  slow.send_request("GET", "/livez");
  const int number = std::stoi(slow.read_response().header("x-worker"));
  slow.send("POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Len");
  // When one that hangs since later has been declared, killed and replaced, it would be its turn.
  ::kill(server.worker_pid(3 - number), SIGSTOP);
  ASSERT_TRUE(support::wait_for_generation(server, 3 - number, 2));
  EXPECT_EQ(server.worker(number)["hangs"], 0);
  slow.send("gth: 13\r\n\r\n{\"title\":\"x\"}");
  EXPECT_EQ(slow.read_response().status, 201);
}

TEST(HangTest, IsNeverKilledWithKillAfterZero) {
  const ServerProcess server({.workers = 1, .arguments = {"--hang-after=100ms", "--kill-after=0"}});
  auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  EXPECT_EQ(wait_for_hang(server, 1), 1);
  EXPECT_EQ(server.worker(1)["hang"]["kill_in_ms"], nullptr);
}

TEST(CrashLoop, OfOneWorkerDoesNotDelayTheVerdictOnAnother) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=200ms", "--kill-after=500ms"}});
  ::kill(server.worker_pid(2), SIGSTOP);
  pid_t last = 0;
  for (int death = 0; death < 5; ++death) {
    last = support::wait_for_successor(server, 1, last);
    ASSERT_NE(last, 0);
    ::kill(last, SIGSEGV);
  }
  EXPECT_TRUE(support::wait_for_generation(server, 2, 2));
}

}  // namespace
}  // namespace forkscope
