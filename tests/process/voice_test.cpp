// What happens inside of a worker reaches those who run the server: what its handlers throw, and
// the lines that its application has for the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::count_in;
using support::ServerProcess;
using support::wait_for_log;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

ServerProcess talker(std::vector<std::string> arguments = {}) {
  return ServerProcess({.workers = 1, .arguments = arguments, .program = TALKING_SERVER});
}

std::string pid_of_worker(const ServerProcess& server) {
  return "pid " + std::to_string(server.worker_pid(1));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// All that the log says of exceptions: each by itself, and how many more.
long exceptions_in(const std::string& log) {
  long sum = count_in(log, " had an exception in ");
  const std::regex more(": ([0-9]+) more exceptions? in the last second");
  for (std::sregex_iterator match(log.begin(), log.end(), more), end; match != end; ++match) {
    sum += std::stol((*match)[1]);
  }
  return sum;
}

TEST(Exceptions, AreInTheLogWithWhatWasThrownAndByWhichRequest) {
  const ServerProcess server = talker();
  const auto answer = server.request("POST", "/throw?secret=1", "database is locked");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("locked"))) << "clients are not told";
  const std::string line =
      "worker 1 had an exception in POST /throw \\(request [0-9]+\\): database is "
      "locked, " +
      pid_of_worker(server);
  EXPECT_TRUE(wait_until([&] { return std::regex_search(server.log(), std::regex(line)); }));
  EXPECT_THAT(server.log(), HasSubstr("warning worker 1 had an exception"));
  EXPECT_THAT(server.log(), Not(HasSubstr("secret")));
}

TEST(Exceptions, NeedNotBeOfTheStandardLibraryNorOfARoute) {
  const ServerProcess server = talker();
  EXPECT_EQ(server.request("GET", "/throw-a-number").status, 500);
  EXPECT_EQ(server.request("GET", "/throw-late").status, 500);
  EXPECT_TRUE(wait_for_log(server, "): something that is no std::exception, "));
  EXPECT_TRUE(wait_for_log(server, "): the provider has nothing, "));
}

TEST(Exceptions, AreCountedWithoutALineForEachWhereThereAreMany) {
  constexpr int kMany = 60;
  const ServerProcess server = talker();
  for (int i = 0; i < kMany; ++i) server.request("POST", "/throw", "again");
  EXPECT_TRUE(wait_until([&] { return exceptions_in(server.log()) == kMany; })) << server.log();
  EXPECT_LT(count_in(server.log(), "had an exception in"), kMany);
  EXPECT_THAT(server.request("GET", "/metrics").body,
              HasSubstr("\nforkscope_worker_exceptions_total{worker=\"1\"} 60\n"));
}

TEST(Exceptions, AreObjectsWhereTheLogIsJson) {
  const ServerProcess server = talker({"--log-format=json"});
  server.request("POST", "/throw", "no \"such\" table");
  server.request("POST", "/info", "a line");
  ASSERT_TRUE(wait_for_log(server, "a line"));
  nlohmann::json thrown;
  nlohmann::json said;
  for (const std::string& line : lines_of(server.log())) {
    const auto json = nlohmann::json::parse(line);
    if (json.value("event", "") == "exception") thrown = json;
    if (json["message"] == "a line") said = json;
  }
  EXPECT_EQ(thrown["worker"], 1);
  EXPECT_EQ(thrown["level"], "warning");
  EXPECT_THAT(thrown["message"].get<std::string>(), HasSubstr("no \"such\" table"));
  EXPECT_EQ(said["worker"], 1);
  EXPECT_EQ(said["pid"], server.worker_pid(1));
  EXPECT_EQ(said["level"], "info");
}

TEST(LogLine, HasTheNumberAndThePidOfItsWorker) {
  const ServerProcess server = talker();
  server.request("POST", "/info", "Größe 7");
  server.request("POST", "/error", "out of paper");
  const std::string worker = "worker 1, " + pid_of_worker(server) + ": ";
  EXPECT_TRUE(wait_for_log(server, "info    " + worker + "Größe 7\n"));
  EXPECT_TRUE(wait_for_log(server, "error   " + worker + "out of paper\n"));
  EXPECT_THAT(server.log(), HasSubstr(worker + "an application is made\n")) << "before it serves";
}

TEST(LogLine, IsOneLineAndNothingElse) {
  const ServerProcess server = talker();
  server.request("POST", "/info",
                 "first\n2026-01-01 00:00:00.000 info    worker 9, pid 1: \x1b[31mred\xff");
  ASSERT_TRUE(wait_for_log(server, "first 2026-01-01"));
  EXPECT_THAT(server.log(), HasSubstr("worker 9, pid 1: ?[31mred?\n"));
  EXPECT_THAT(server.log(), Not(HasSubstr("\n2026-01-01")));
}

TEST(LogLine, IsCutWhereItIsLong) {
  const ServerProcess server = talker();
  server.request("POST", "/info", "long " + std::string(1'000'000, 'x'));
  ASSERT_TRUE(wait_for_log(server, "x …\n"));
  EXPECT_LT(server.log().size(), 10'000U);
}

TEST(LogLine, IsCountedWhereItIsOneOfTooMany) {
  const ServerProcess server = talker();
  server.request("POST", "/lines", "5000");
  ASSERT_TRUE(wait_for_log(server, "lines that were too many in the last second"));
  const std::string metrics = server.request("GET", "/metrics").body;
  const long said = count_in(server.log(), ": one of many\n");
  EXPECT_GT(said, 0);
  EXPECT_LT(said, 5000);
  EXPECT_THAT(metrics, HasSubstr("\nforkscope_worker_log_lines_dropped_total{worker=\"1\"} " +
                                 std::to_string(5000 - said) + "\n"));
  EXPECT_THAT(server.log(), HasSubstr("are not here: " + std::to_string(5000 - said) + "\n"));
}

TEST(LogLine, IsThereWhenItsWorkerIsNot) {
  const ServerProcess server = talker();
  const pid_t before = server.worker_pid(1);
  try {
    server.request("POST", "/last-words", "farewell");
  } catch (const std::exception&) {  // nobody answers
  }
  ASSERT_NE(support::wait_for_successor(server, 1, before), 0);
  const std::string log = server.log();
  const auto farewell =
      log.find("warning worker 1, pid " + std::to_string(before) + ": farewell\n");
  ASSERT_NE(farewell, std::string::npos);
  EXPECT_LT(farewell, log.find("worker 1 ended with exit code 7"));
}

TEST(LogLine, TellsOfWritesThatCouldNotBeStored) {
  const ServerProcess server = talker();
  EXPECT_EQ(server.request("POST", "/write").status, 507);
  EXPECT_TRUE(wait_for_log(server, ": 1 write answered with 507: The disk is full.\n"));
}

/// A primary that does not run takes nothing, and nobody waits for it.
TEST(LogLine, NeverWaitsForThePrimary) {
  const ServerProcess server = talker();
  server.signal(SIGSTOP);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(server.request("POST", "/lines", "100").status, 200);
    EXPECT_EQ(server.request("POST", "/throw", "unheard").status, 500);
  }
  server.signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return exceptions_in(server.log()) == 20; }));
}

/// A child that floods the primary with bytes that are no messages, and with lines in the name of
/// others.
TEST(Flood, HoldsUpNobodyAndPassesForNobody) {
  const ServerProcess server({.workers = 2, .program = FLOODING_SERVER},
                             support::Readiness::kIgnore);
  ASSERT_TRUE(wait_for_log(server, "messages that nobody understands"));
  const long before = count_in(server.log(), "\n");
  // It is still at it, and the primary goes on: it hears, kills and replaces.
  const pid_t pid = server.worker_pid(2);
  ASSERT_EQ(server.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "KILL"}})["ok"], true);
  ASSERT_NE(support::wait_for_successor(server, 2, pid), 0);
  EXPECT_TRUE(wait_until([&] { return count_in(server.log(), "\n") > before; }));
  for (const std::string& line : lines_of(server.log())) {
    EXPECT_THAT(line, ::testing::StartsWith("20"));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_NE(line.substr(std::string("2026-01-01 00:00:00.000 info    ").size(), 8), "worker 7");
  }
}

}  // namespace
}  // namespace forkscope
