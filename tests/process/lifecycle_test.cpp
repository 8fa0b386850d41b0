// Starting, stopping, and everything that can be wrong before the first request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::count_in;
using support::Readiness;
using support::ServerProcess;
using support::wait_for_log;
using support::wait_for_request;
using support::wait_until;
using ::testing::HasSubstr;

struct Failure {
  int exit_code;
  std::string log;
};

Failure failure_of(support::ServerOptions options) {
  ServerProcess server(std::move(options), Readiness::kIgnore);
  const int exit_code = server.wait_for_exit();
  return {exit_code, server.log()};
}

TEST(Start, LogsEachWorkersBirth) {
  const ServerProcess server({.workers = 3});
  EXPECT_EQ(count_in(server.log(), " forked: pid"), 3);
  EXPECT_EQ(count_in(server.log(), " listening after"), 3);
}

TEST(Start, WritesLogLinesAsJsonWhenAsked) {
  const ServerProcess server({.workers = 1, .arguments = {"--log-format=json"}});
  std::istringstream log(server.log());
  std::string line;
  int events = 0;
  while (std::getline(log, line)) {
    const auto entry = nlohmann::json::parse(line);
    EXPECT_TRUE(entry.contains("time") && entry.contains("level") && entry.contains("message"));
    if (entry.contains("event")) ++events;
  }
  EXPECT_GE(events, 2);
}

TEST(Start, FailsWithOneLineWhenThePortIsTaken) {
  const ServerProcess first({.workers = 1});
  const auto [exit_code, log] = failure_of({.workers = 1, .port = first.port()});
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
  EXPECT_THAT(
      log, HasSubstr("port " + std::to_string(first.port()) + ": Address already in use; --port"));
  EXPECT_EQ(first.request("GET", "/v1/todos").status, 200) << "the first one is unharmed";
}

TEST(Start, FailsWithCode3AndOneReasonWhenNoWorkerCanBoot) {
  const auto [exit_code, log] =
      failure_of({.workers = 3, .arguments = {"--db=/dev/null/todos.db"}});
  EXPECT_EQ(exit_code, 3);
  EXPECT_EQ(count_in(log, "todos-server: "), 1);
  EXPECT_THAT(log, HasSubstr("/dev/null/todos.db"));
}

TEST(Start, LeavesAFileThatIsNoDatabaseAlone) {
  const support::TempDir directory;
  const auto file = directory.path() / "precious.txt";
  std::ofstream(file) << std::string(5000, 'x');
  const auto [exit_code, log] = failure_of({.workers = 2, .arguments = {"--db=" + file.string()}});
  EXPECT_EQ(exit_code, 3);
  EXPECT_EQ(count_in(log, "todos-server: "), 1);
  EXPECT_THAT(log, HasSubstr("precious.txt"));
  EXPECT_EQ(std::filesystem::file_size(file), 5000U);
}

class BadUsage : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUsage, EndsWithCode2AndOneLine) {
  const auto [exit_code, log] = failure_of({.workers = 1, .arguments = {GetParam()}});
  EXPECT_EQ(exit_code, 2);
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_THAT(log, HasSubstr("todos-server: "));
}

INSTANTIATE_TEST_SUITE_P(EveryFlag, BadUsage,
                         ::testing::Values("--nonsense", "--port=70000", "--port=x", "--workers=0",
                                           "--workers=257", "--workers=many", "--hang-after=2",
                                           "--hang-after=0", "--kill-after=-1s", "--kill-after=1s",
                                           "--faults=maybe", "--balance=fair", "--protect=maybe",
                                           "--log-format=xml", "extra"));

TEST(Stop, EndsWithCode0AndWithoutAWorkerOnTermAndOnInt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ServerProcess server({.workers = 2});
    const pid_t worker = server.worker_pid(1);
    server.signal(signal);
    EXPECT_EQ(server.wait_for_exit(), 0);
    EXPECT_NE(::kill(worker, 0), 0);
    EXPECT_FALSE(std::filesystem::exists(server.control_socket()));
  }
}

TEST(Stop, AnswersTheRequestInFlightAndClosesIdleConnections) {
  ServerProcess server({.workers = 1});
  support::HttpConnection idle(server.port());
  idle.send_request("GET", "/v1/todos");
  EXPECT_EQ(idle.read_response().status, 200);
  auto slow = server.start_request("/v1/faults/slow?ms=600");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  server.signal(SIGTERM);
  const auto response = slow.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_TRUE(slow.is_closed_by_peer());
  EXPECT_TRUE(idle.is_closed_by_peer());
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Stop, KillsWhatDoesNotDrainInTimeAndSaysSo) {
  ServerProcess server({.workers = 1, .arguments = {"--drain-timeout=300ms", "--hang-after=60s"}});
  auto hanging = server.start_request("/v1/faults/hang");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 1);
  EXPECT_THAT(server.log(), HasSubstr("not drained"));
}

TEST(Stop, IsAtOnceOnASecondInt) {
  ServerProcess server({.workers = 1, .arguments = {"--hang-after=60s"}});
  auto hanging = server.start_request("/v1/faults/hang");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  server.signal(SIGINT);
  ASSERT_TRUE(wait_for_log(server, "shutting down"));
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_exit(), 1);
}

TEST(Stop, ClosesAHalfSentRequestInTimeToLeaveByItself) {
  ServerProcess server({.workers = 1, .arguments = {"--drain-timeout=500ms"}});
  support::HttpConnection half(server.port());
  half.send_request("GET", "/livez");  // so that it does not wait at the socket any more
  ASSERT_EQ(half.read_response().status, 200);
  half.send("POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  server.signal(SIGTERM);
  EXPECT_TRUE(half.is_closed_by_peer());
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Stop, RefusesNewClientsWhileOldOnesAreServed) {
  ServerProcess server({.workers = 1});
  auto slow = server.start_request("/v1/faults/slow?ms=800");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  server.signal(SIGTERM);
  ASSERT_TRUE(wait_for_log(server, "shutting down"));
  EXPECT_THROW(server.request("GET", "/v1/todos"), std::system_error);
  EXPECT_EQ(slow.read_response().status, 200);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Stop, IsGracefulOnQuit) {
  ServerProcess server({.workers = 1});
  server.signal(SIGQUIT);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Primary, IsNeitherEndedNorStoppedByOtherSignals) {
  const ServerProcess server({.workers = 1});
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2}) server.signal(signal);
  EXPECT_EQ(server.control({{"cmd", "status"}})["ok"], true);
  EXPECT_TRUE(wait_for_log(server, ", requests ")) << "SIGUSR1 prints the process table";
}

TEST(Primary, SurvivesAForkThatFailsAndTriesAgain) {
  const ServerProcess server({.workers = 2});
  const pid_t victim = server.worker_pid(1);
  rlimit before{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &before), 0);
  const rlimit none{4, before.rlim_max};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &none, nullptr), 0);
  ::kill(victim, SIGKILL);
  ASSERT_TRUE(wait_for_log(server, "cannot be forked"));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200) << "the other worker goes on";
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &before, nullptr), 0);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
}

TEST(Faults, AreAbsentWhenTheyAreOff) {
  const ServerProcess server({.workers = 1, .arguments = {"--faults=off"}});
  EXPECT_EQ(server.request("GET", "/v1/faults/hang").status, 404);
}

}  // namespace
}  // namespace forkscope
