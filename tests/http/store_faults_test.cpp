// What happens to the store, and what clients are told: a full disk, a file that is deleted,
// corrupt or read-only, and the power switch.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "no_start.h"
#include "support/server_process.h"
#include "support/small_disk.h"
#include "support/temp_dir.h"
#include "support/todos.h"
#include "support/wait_until.h"

namespace forkscope::http {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::HttpConnection;
using support::HttpResponse;
using support::post_todo;
using support::ServerProcess;
using support::SmallDisk;
using support::TempDir;
using support::todo;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

void expect_problem(const HttpResponse& response, int status, const std::string& reason) {
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr(reason));
}

std::set<std::string> set_of_titles(const ServerProcess& server) {
  const auto all = support::titles(server);
  return {all.begin(), all.end()};
}

/// POSTs todos of half a kilobyte until one is refused, and returns that answer.
HttpResponse post_until_refused(const ServerProcess& server, std::set<std::string>& acknowledged) {
  const std::string padding(480, 'x');
  for (int i = 0; i < 20'000; ++i) {
    const std::string title = std::to_string(acknowledged.size()) + padding;
    auto response = post_todo(server, title);
    if (response.status != 201) return response;
    acknowledged.insert(title);
  }
  return {};
}

TEST(StoreFaults, AFullDiskIsA507AndLosesNothing) {
  const SmallDisk disk;
  if (!disk) GTEST_SKIP() << "may not mount a file system here";
  const fs::path ballast = disk.path() / "ballast";
  std::ofstream(ballast) << std::string(400'000, '.');
  const ServerProcess server(
      {.workers = 2, .arguments = {"--db=" + (disk.path() / "a.db").string()}});
  std::set<std::string> acknowledged;
  expect_problem(post_until_refused(server, acknowledged), 507, "full");
  EXPECT_GT(acknowledged.size(), 10U);
  EXPECT_EQ(set_of_titles(server), acknowledged);

  fs::remove(ballast);
  EXPECT_EQ(post_todo(server, "room again").status, 201);
  acknowledged.insert("room again");
  EXPECT_EQ(set_of_titles(server), acknowledged);
  for (int number = 1; number <= 2; ++number) EXPECT_EQ(server.worker(number)["generation"], 1);
}

TEST(StoreFaults, ALimitOfTheFileSizeIsA507AndLosesNothing) {
  const ServerProcess server({.workers = 2});
  std::set<std::string> acknowledged = {"before"};
  ASSERT_EQ(post_todo(server, "before").status, 201);
  const auto limit_files_to = [&](rlim_t bytes) {
    for (int number = 1; number <= 2; ++number) {
      const rlimit limit{bytes, RLIM_INFINITY};
      ASSERT_EQ(::prlimit(server.worker_pid(number), RLIMIT_FSIZE, &limit, nullptr), 0);
    }
  };
  limit_files_to(200'000);
  expect_problem(post_until_refused(server, acknowledged), 507, "File too large");
  EXPECT_EQ(set_of_titles(server), acknowledged);
  limit_files_to(RLIM_INFINITY);
  EXPECT_EQ(post_todo(server, "after").status, 201);
  acknowledged.insert("after");
  EXPECT_EQ(set_of_titles(server), acknowledged);
}

TEST(StoreFaults, ADeletedDatabaseIsReportedAndNotWrittenInto) {
  const ServerProcess server({.workers = 2});
  ASSERT_EQ(post_todo(server, "x").status, 201);
  fs::remove(server.directory() / "todos.db");
  expect_problem(post_todo(server, "y"), 503, "deleted or replaced");
  expect_problem(server.request("GET", "/readyz"), 503, "deleted or replaced");
  EXPECT_EQ(server.request("GET", "/livez").status, 200);
  EXPECT_FALSE(fs::exists(server.directory() / "todos.db"));
}

/// Overwrites everything but the header.
void corrupt(const fs::path& database) {
  std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(fs::file_size(database) - 100, '\xA5');
}

/// A database with its log moved into it. A clean stop mostly leaves it so, but not where two
/// workers close it in the same moment, and neither is the last.
void fill_and_stop(const fs::path& directory) {
  ServerProcess server({.workers = 2, .directory = directory});
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(post_todo(server, std::string(400, 'x')).status, 201);
  }
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait_for_exit(), 0);
  SQLite::Database(directory / "todos.db", SQLite::OPEN_READWRITE)
      .exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

TEST(StoreFaults, ADatabaseThatBecomesCorruptIsA503AndStopsNobody) {
  const TempDir directory;
  fill_and_stop(directory.path());
  const ServerProcess server({.workers = 2, .directory = directory.path()});
  corrupt(directory.path() / "todos.db");
  expect_problem(server.request("GET", "/v1/todos"), 503, "malformed");
  expect_problem(post_todo(server, "x"), 503, "malformed");
  EXPECT_EQ(server.request("GET", "/livez").status, 200);
  for (int number = 1; number <= 2; ++number) EXPECT_EQ(server.worker(number)["generation"], 1);
}

TEST(StoreFaults, ACorruptDatabaseIsRefusedAndLeftAsItIs) {
  const TempDir directory;
  fill_and_stop(directory.path());
  const fs::path database = directory.path() / "todos.db";
  corrupt(database);
  const auto content = [&] {
    std::ifstream file(database, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = content();
  expect_no_start(directory.path(), "todos.db", "malformed", 3);
  EXPECT_TRUE(content() == before);
}

TEST(StoreFaults, AReadOnlyDiskIsRefusedAtTheStart) {
  const SmallDisk disk;
  if (!disk) GTEST_SKIP() << "may not mount a file system here";
  ASSERT_TRUE(disk.make_read_only());
  const TempDir directory;
  expect_no_start(directory.path(), (disk.path() / "todos.db").string(), "Read-only file system",
                  4);
}

// ── the power switch ──

/// Writes over a connection of its own until the server is gone.
void write_until_it_dies(std::uint16_t port, const std::string& name,
                         std::set<std::string>& acknowledged) {
  try {
    HttpConnection connection(port);
    for (int i = 0;; ++i) {
      const std::string title = name + "-" + std::to_string(i);
      connection.send_request("POST", "/v1/todos", todo(title));
      if (connection.read_response().status == 201) acknowledged.insert(title);
    }
  } catch (const std::exception&) {  // as expected
  }
}

std::string check_integrity(const fs::path& database) {
  SQLite::Database connection(database.string(), SQLite::OPEN_READWRITE);
  const std::string verdict = connection.execAndGet("PRAGMA integrity_check").getString();
  const auto counted =
      connection.execAndGet("SELECT (SELECT sum(n) FROM todo_counts) = count(*) FROM todos");
  return counted.getInt() == 1 ? verdict : "todo_counts is wrong";
}

/// KILL_ROUNDS sets how often.
TEST(StoreFaults, WhatWasAcknowledgedSurvivesKillingEverythingAtAnyMoment) {
  const char* rounds_text = std::getenv("KILL_ROUNDS");
  const int rounds = rounds_text != nullptr ? std::atoi(rounds_text) : 3;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const TempDir directory;
  std::set<std::string> all;
  for (int round = 0; round < rounds; ++round) {
    constexpr std::size_t kWriters = 8;
    std::vector<std::set<std::string>> acknowledged(kWriters);
    {
      std::vector<std::jthread> writers;  // outlive the server, whose end is theirs
      const ServerProcess server({.workers = 4, .directory = directory.path()});
      for (std::size_t i = 0; i < kWriters; ++i) {
        writers.emplace_back([&, i, port = server.port()] {
          write_until_it_dies(port, std::to_string(round) + "-" + std::to_string(i),
                              acknowledged[i]);
        });
      }
      // Any moment is the one to kill them in: that is what the test is about.
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 400'000));
    }  // SIGKILL for the primary and every worker
    for (const auto& titles : acknowledged) all.insert(titles.begin(), titles.end());
    ASSERT_EQ(check_integrity(directory.path() / "todos.db"), "ok") << "round " << round;
  }
  const ServerProcess server({.workers = 4, .directory = directory.path()});
  const std::set<std::string> kept = set_of_titles(server);
  std::vector<std::string> lost;
  std::set_difference(all.begin(), all.end(), kept.begin(), kept.end(), std::back_inserter(lost));
  EXPECT_THAT(lost, ::testing::IsEmpty());
  EXPECT_GT(all.size(), 0U);
  if (rounds_text != nullptr) {
    std::cout << rounds << " rounds, " << all.size() << " acknowledged, " << kept.size()
              << " kept\n";
  }
}

}  // namespace
}  // namespace forkscope::http
