// Workers and primaries that die: who notices, who comes back, what is left over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/stream_socket.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::wait_for_log;
using support::wait_for_request;
using support::wait_until;

/// Nobody listens: the last process that had the socket is gone, with all of its threads.
bool is_refused(std::uint16_t port) {
  try {
    support::StreamSocket::connect_loopback(port);
    return false;
  } catch (const std::system_error& error) {
    return error.code() == std::errc::connection_refused;
  }
}

struct Crash {
  const char* how;
  const char* member;
  nlohmann::json value;
};
void PrintTo(const Crash& crash, std::ostream* out) { *out << crash.how; }

class CrashTest : public ::testing::TestWithParam<Crash> {};

TEST_P(CrashTest, RespawnsUnderTheSameNumberWithTheCauseOnRecord) {
  const ServerProcess server({.workers = 1});
  const pid_t before = server.worker_pid(1);
  auto crashing = server.start_request("/v1/faults/crash?how=" + std::string(GetParam().how));
  EXPECT_TRUE(crashing.is_closed_by_peer());
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 2; }));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_NE(server.worker_pid(1), before);
  const auto last_exit = server.worker(1)["last_exit"];
  EXPECT_EQ(last_exit[GetParam().member], GetParam().value);
  EXPECT_EQ(last_exit["was_hung"], false);
  EXPECT_EQ(last_exit["abandoned"], 1);
}

INSTANTIATE_TEST_SUITE_P(EveryCause, CrashTest,
                         ::testing::Values(Crash{"segv", "signal", "SIGSEGV"},
                                           Crash{"abort", "signal", "SIGABRT"},
                                           Crash{"exit", "cause", "exit"}),
                         [](const auto& test) { return test.param.how; });

TEST(CrashOfAHandler, AnswersAnExceptionWith500AndLivesOn) {
  const ServerProcess server({.workers = 1});
  const pid_t before = server.worker_pid(1);
  const auto response = server.request("GET", "/v1/faults/crash?how=throw");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_EQ(server.worker_pid(1), before);
}

TEST(KillTest, RespawnsAWorkerKilledBySignal) {
  const ServerProcess server({.workers = 2});
  const pid_t before = server.worker_pid(2);
  ::kill(before, SIGKILL);
  ASSERT_TRUE(support::wait_for_generation(server, 2, 2));
  EXPECT_NE(server.worker_pid(2), before);
  EXPECT_EQ(server.worker(2)["last_exit"]["signal"], "SIGKILL");
}

TEST(KillTest, BringsBackTheFullCountHoweverOftenAllWorkersAreKilledAtOnce) {
  const ServerProcess server({.workers = 3});
  for (int round = 0; round < 5; ++round) {
    std::vector<pid_t> pids;
    for (int number = 1; number <= 3; ++number) pids.push_back(server.worker_pid(number));
    for (const pid_t pid : pids) ::kill(pid, SIGKILL);
    for (int number = 1; number <= 3; ++number) {
      ASSERT_TRUE(support::wait_for_generation(server, number, round + 2)) << round;
      EXPECT_NE(server.worker_pid(number), pids[static_cast<std::size_t>(number - 1)]);
    }
  }
}

TEST(KillTest, BacksOffFromASlotThatDiesAgainAndAgain) {
  const ServerProcess server({.workers = 2});
  pid_t last = 0;
  for (int death = 1; death <= 4; ++death) {
    last = support::wait_for_successor(server, 1, last);
    ASSERT_NE(last, 0);
    ::kill(last, SIGSEGV);
  }
  ASSERT_TRUE(wait_for_log(server, "restarts in"));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200) << "the other slot goes on";
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
}

// The eighth death in a row is worth a pause of 1.6 s, but not with everybody else gone.
TEST(KillTest, DoesNotBackOffForLongFromTheLastWorker) {
  const ServerProcess server({.workers = 1});
  for (int death = 1; death <= 8; ++death) {
    ::kill(server.worker_pid(1), SIGSEGV);
    ASSERT_TRUE(support::wait_for_generation(server, 1, death + 1)) << death;
  }
  const std::string log = server.log();
  const std::string last_pause = log.substr(log.rfind(" restarts in "));
  EXPECT_THAT(last_pause, ::testing::StartsWith(" restarts in 1.00 s"));
}

TEST(KillOfThePrimary, TakesAllWorkersAlongASpinningOneToo) {
  ServerProcess server({.workers = 2, .arguments = {"--hang-after=1m", "--kill-after=0"}});
  auto hanging = server.start_request("/v1/faults/hang?mode=spin");
  ASSERT_NE(wait_for_request(server, 2), 0);
  const std::vector<pid_t> pids = {server.worker_pid(1), server.worker_pid(2)};
  server.signal(SIGKILL);
  EXPECT_EQ(server.wait_for_exit(), 128 + SIGKILL);
  for (const pid_t pid : pids) EXPECT_TRUE(wait_until([&] { return support::is_dead(pid); }));

  // The port and the control socket are free for the next one.
  ASSERT_TRUE(wait_until([&] { return is_refused(server.port()); }));
  const ServerProcess next({.workers = 1, .port = server.port(), .directory = server.directory()});
  EXPECT_EQ(next.request("GET", "/v1/todos").status, 200);
}

TEST(KillOfEverything, LosesNoAcknowledgedTodo) {
  ServerProcess server({.workers = 2});
  int acknowledged = 0;
  support::HttpConnection client(server.port());
  for (; acknowledged < 250; ++acknowledged) {
    const std::string body = "{\"title\":\"todo " + std::to_string(acknowledged) + "\"}";
    client.send_request("POST", "/v1/todos", body, "Content-Type: application/json\r\n");
    ASSERT_EQ(client.read_response().status, 201);
  }
  // More are on their way when everything dies.
  client.send_request("POST", "/v1/todos", R"({"title":"last"})",
                      "Content-Type: application/json\r\n");
  for (int number = 1; number <= 2; ++number) ::kill(server.worker_pid(number), SIGKILL);
  server.signal(SIGKILL);
  server.wait_for_exit();

  const ServerProcess next({.workers = 1, .directory = server.directory()});
  const auto response = next.request("GET", "/v1/todos?limit=1000");
  const auto todos = nlohmann::json::parse(response.body);
  ASSERT_GE(todos.size(), static_cast<std::size_t>(acknowledged));
  for (int i = 0; i < acknowledged; ++i) {
    EXPECT_EQ(todos[static_cast<std::size_t>(i)]["title"], "todo " + std::to_string(i));
  }
}

}  // namespace
}  // namespace forkscope
