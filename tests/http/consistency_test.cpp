// Four processes, one list: what one worker has acknowledged every other one knows, and no worker
// can keep the others from writing.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/todos.h"
#include "support/wait_until.h"
#include "support/write_turn.h"

namespace forkscope::http {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::HttpConnection;
using support::HttpResponse;
using support::ServerProcess;
using support::todo;
using support::wait_until;
using support::WriteTurn;

constexpr int kWorkers = 4;

HttpResponse ask(HttpConnection& connection, std::string_view method, std::string_view target,
                 std::string_view body = "") {
  connection.send_request(method, target, body);
  return connection.read_response();
}

/// A keep-alive connection to every worker, by its number.
std::map<int, HttpConnection> connect_to_each(const ServerProcess& server) {
  std::map<int, HttpConnection> by_worker;
  std::vector<HttpConnection> others;
  const bool all = wait_until([&] {
    HttpConnection connection(server.port());
    const int number = std::stoi(ask(connection, "GET", "/livez").header("x-worker"));
    if (by_worker.contains(number)) {
      others.push_back(std::move(connection));  // held, so that the next one goes elsewhere
    } else {
      by_worker.emplace(number, std::move(connection));
    }
    return by_worker.size() == kWorkers;
  });
  EXPECT_TRUE(all) << "some worker never gets a connection";
  return by_worker;
}

TEST(ReadYourWrites, HoldsAcrossWorkersThatHaveTheOldListInTheirCaches) {
  const ServerProcess server({.workers = kWorkers});
  auto workers = connect_to_each(server);
  ASSERT_EQ(workers.size(), kWorkers);
  for (int round = 0; round < 200; ++round) {
    for (auto& [number, connection] : workers) {
      const auto list = ask(connection, "GET", "/v1/todos?limit=1000");
      ASSERT_EQ(list.header("x-total-count"), std::to_string(round));
    }
    const auto created =
        ask(workers.at(round % kWorkers + 1), "POST", "/v1/todos", todo(std::to_string(round)));
    ASSERT_EQ(created.status, 201);
    const std::string item = "/v1/todos/" + json::parse(created.body)["id"].dump();
    for (auto& [number, connection] : workers) {
      const auto list = ask(connection, "GET", "/v1/todos?limit=1000");
      ASSERT_TRUE(list.body.ends_with(created.body + "]"))
          << "worker " << number << " is stale in round " << round;
      ASSERT_EQ(list.header("x-total-count"), std::to_string(round + 1));
      ASSERT_EQ(ask(connection, "GET", item).body, created.body);
    }
  }
}

TEST(ReadYourWrites, HoldsForChangesAndDeletionsToo) {
  const ServerProcess server({.workers = kWorkers});
  auto workers = connect_to_each(server);
  ASSERT_EQ(workers.size(), kWorkers);
  for (int round = 0; round < 50; ++round) {
    const auto worker = [&](int offset) -> HttpConnection& {
      return workers.at((round + offset) % kWorkers + 1);
    };
    const auto created = json::parse(ask(worker(0), "POST", "/v1/todos", todo("new")).body);
    const std::string item = "/v1/todos/" + created["id"].dump();
    for (auto& [number, connection] : workers) ASSERT_EQ(ask(connection, "GET", item).status, 200);
    ASSERT_EQ(ask(worker(1), "PATCH", item, todo("changed")).status, 200);
    for (auto& [number, connection] : workers) {
      ASSERT_EQ(json::parse(ask(connection, "GET", item).body)["title"], "changed");
    }
    ASSERT_EQ(ask(worker(2), "DELETE", item).status, 204);
    for (auto& [number, connection] : workers) {
      ASSERT_EQ(ask(connection, "GET", item).status, 404);
      ASSERT_EQ(ask(connection, "GET", "/v1/todos").body, "[]");
    }
  }
}

TEST(ReadYourWrites, HoldsOnFreshConnections) {
  const ServerProcess server({.workers = kWorkers});
  for (std::size_t round = 1; round <= 200; ++round) {
    const auto created = support::post_todo(server, "x");
    ASSERT_EQ(created.status, 201);
    const std::string id = json::parse(created.body)["id"].dump();
    ASSERT_EQ(server.request("GET", "/v1/todos/" + id).body, created.body);
    ASSERT_EQ(server.request("GET", "/v1/todos").header("x-total-count"), std::to_string(round));
  }
}

TEST(ConcurrentWrites, AreAllThereUnderIdsOfTheirOwn) {
  const ServerProcess server({.workers = kWorkers});
  constexpr std::size_t kThreads = 4;
  constexpr int kPosts = 50;
  std::array<std::set<int>, kThreads> ids;
  {
    std::vector<std::jthread> threads;
    for (std::set<int>& own : ids) {
      threads.emplace_back([&own, &server] {
        for (int i = 0; i < kPosts; ++i) {
          const auto response = support::post_todo(server, "x");
          if (response.status == 201) own.insert(json::parse(response.body)["id"].get<int>());
        }
      });
    }
  }
  std::set<int> all;
  for (const std::set<int>& own : ids) {
    EXPECT_EQ(own.size(), kPosts);
    all.insert(own.begin(), own.end());
  }
  EXPECT_EQ(all.size(), kThreads * kPosts);
  std::set<int> kept;
  const auto list = json::parse(server.request("GET", "/v1/todos?limit=1000").body);
  for (const json& entry : list) kept.insert(entry["id"].get<int>());
  EXPECT_EQ(kept, all);
}

// ── the turn to write ──

TEST(WriteTurn, OfSomebodyElseParksWritesAndLetsReadsPass) {
  const ServerProcess server({.workers = kWorkers, .arguments = {"--hang-after=500ms"}});
  auto workers = connect_to_each(server);
  ASSERT_EQ(workers.size(), kWorkers);
  WriteTurn turn(server.directory() / "todos.db");
  ASSERT_TRUE(wait_until([&] { return turn.try_take(); }));

  std::vector<HttpConnection> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back(server.port()).send_request("POST", "/v1/todos", todo("parked"));
  }
  const double since = server.worker(1)["uptime_ms"];
  EXPECT_TRUE(wait_until([&] {  // for longer than it takes to be called hung
    for (auto& [number, connection] : workers) {
      EXPECT_EQ(ask(connection, "GET", "/v1/todos").body, "[]") << "worker " << number;
    }
    return server.worker(1)["uptime_ms"] > since + 700;
  }));
  for (int number = 1; number <= kWorkers; ++number) EXPECT_EQ(server.worker(number)["hangs"], 0);
  turn.release();
  for (HttpConnection& writer : writers) EXPECT_EQ(writer.read_response().status, 201);
  EXPECT_EQ(server.request("GET", "/v1/todos").header("x-total-count"), "8");
}

TEST(WriteTurn, ThatDoesNotComeInFiveSecondsIsA503) {
  const ServerProcess server({.workers = 2});
  WriteTurn turn(server.directory() / "todos.db");
  ASSERT_TRUE(wait_until([&] { return turn.try_take(); }));
  const auto begin = std::chrono::steady_clock::now();
  HttpConnection writer(server.port());
  const auto response = ask(writer, "POST", "/v1/todos", todo("late"));
  // Only the time tells patience from a refusal; a slow machine can't make it shorter.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 4900ms);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("retry-after"), "1");
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  turn.release();
  EXPECT_EQ(ask(writer, "POST", "/v1/todos", todo("again")).status, 201);
  EXPECT_EQ(server.request("GET", "/v1/todos").header("x-total-count"), "1");
}

/// Sends POSTs to a worker and stops it, until it has been stopped in the middle of a transaction.
/// How many of the POSTs it has acknowledged is in `acknowledged`.
bool stop_within_a_write(const ServerProcess& server, HttpConnection& connection, pid_t pid,
                         int& acknowledged) {
  constexpr int kBurst = 50;
  WriteTurn turn(server.directory() / "todos.db");
  for (int attempt = 0; attempt < 100; ++attempt) {
    for (int i = 0; i < kBurst; ++i) {
      connection.send_request("POST", "/v1/todos", todo("from the victim"));
    }
    for (int i = 0; i < kBurst; ++i) {
      EXPECT_EQ(connection.read_response().status, 201);
      ++acknowledged;
      if (i != kBurst / 2) continue;
      ::kill(pid, SIGSTOP);
      EXPECT_TRUE(wait_until([&] { return support::process_state(pid) == 'T'; }));
      if (!turn.try_take()) return true;
      turn.release();
      ::kill(pid, SIGCONT);
    }
  }
  return false;
}

TEST(WriteTurn, OfAStoppedWorkerIsFreeAsSoonAsThatOneHasBeenReplaced) {
  const ServerProcess server(
      {.workers = kWorkers, .arguments = {"--hang-after=300ms", "--kill-after=600ms"}});
  auto workers = connect_to_each(server);
  ASSERT_EQ(workers.size(), kWorkers);
  const pid_t victim = server.worker_pid(1);
  int acknowledged = 0;
  ASSERT_TRUE(stop_within_a_write(server, workers.at(1), victim, acknowledged));

  for (int number = 2; number <= kWorkers; ++number) {
    workers.at(number).send_request("POST", "/v1/todos", todo("from the others"));
  }
  for (int number = 2; number <= kWorkers; ++number) {
    EXPECT_EQ(workers.at(number).read_response().status, 201) << "worker " << number;
  }
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 2; }));
  const auto list = server.request("GET", "/v1/todos?limit=1");
  EXPECT_GE(std::stoi(list.header("x-total-count")), acknowledged + kWorkers - 1);
}

TEST(WriteTurn, OfAKilledWorkerIsFreeAtOnce) {
  const ServerProcess server({.workers = kWorkers, .arguments = {"--kill-after=60s"}});
  auto workers = connect_to_each(server);
  ASSERT_EQ(workers.size(), kWorkers);
  const pid_t victim = server.worker_pid(1);
  int acknowledged = 0;
  ASSERT_TRUE(stop_within_a_write(server, workers.at(1), victim, acknowledged));

  workers.at(2).send_request("POST", "/v1/todos", todo("waits"));
  ASSERT_EQ(ask(workers.at(3), "GET", "/livez").status, 200);
  ::kill(victim, SIGKILL);
  EXPECT_EQ(workers.at(2).read_response().status, 201) << "before it gives up waiting";
  const auto list = server.request("GET", "/v1/todos?limit=1");
  EXPECT_GE(std::stoi(list.header("x-total-count")), acknowledged + 1);
}

}  // namespace
}  // namespace forkscope::http
