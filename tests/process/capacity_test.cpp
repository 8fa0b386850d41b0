// How many workers there are, and how they are all replaced without anybody noticing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::count_in;
using support::HttpConnection;
using support::ServerProcess;
using support::wait_for_request;
using support::wait_until;

long reloads_done(const ServerProcess& server) {
  return count_in(server.log(), "rolling reload is done");
}

bool serve(const ServerProcess& server, std::size_t workers) {
  const auto status = server.control({{"cmd", "status"}});
  return status["workers"].size() == workers && status["target_workers"] == workers &&
         std::ranges::all_of(status["workers"], [](const auto& worker) {
           return worker["state"] == "idle" || worker["state"] == "busy";
         });
}

/// One keep-alive client that sends request after request, and opens a new connection only when the
/// server has said that it will close the old one. Returns how many requests have failed.
long failures_of_a_steady_client(std::uint16_t port, const std::atomic<bool>& enough) {
  long failures = 0;
  std::optional<HttpConnection> connection;
  while (!enough) {
    try {
      if (!connection) connection.emplace(port);
      connection->send_request("GET", "/v1/todos?limit=1");
      const auto response = connection->read_response();
      if (response.status != 200) ++failures;
      if (response.header("connection") == "close") connection.reset();
    } catch (const std::exception&) {
      ++failures;
      connection.reset();
    }
  }
  return failures;
}

TEST(Scale, AddsAndRemovesWorkersOverTheControlSocket) {
  const ServerProcess server({.workers = 2});
  const pid_t first = server.worker_pid(1);
  EXPECT_EQ(server.control({{"cmd", "scale"}, {"workers", 5}})["ok"], true);
  EXPECT_TRUE(wait_until([&] { return serve(server, 5); }));
  EXPECT_EQ(server.control({{"cmd", "scale"}, {"workers", 1}})["ok"], true);
  EXPECT_TRUE(wait_until([&] { return serve(server, 1); }));
  EXPECT_EQ(server.worker_pid(1), first) << "whoever stays is left alone";
}

TEST(Scale, FollowsTtinAndTtouNeverBelowOne) {
  const ServerProcess server({.workers = 1});
  server.signal(SIGTTIN);
  EXPECT_TRUE(wait_until([&] { return serve(server, 2); }));
  server.signal(SIGTTOU);
  EXPECT_TRUE(wait_until([&] { return serve(server, 1); }));
  server.signal(SIGTTOU);
  EXPECT_TRUE(serve(server, 1));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
}

TEST(Scale, RefusesNumbersThatMakeNoSense) {
  const ServerProcess server({.workers = 1});
  for (const nlohmann::json& workers :
       {nlohmann::json(0), nlohmann::json(-1), nlohmann::json(1e9), nlohmann::json("4"),
        nlohmann::json(4294967297), nlohmann::json(nullptr)}) {
    EXPECT_EQ(server.control({{"cmd", "scale"}, {"workers", workers}})["ok"], false) << workers;
  }
  EXPECT_TRUE(serve(server, 1));
}

TEST(Reload, ReplacesEveryWorkerUnderLoadAndNoRequestFails) {
  const ServerProcess server({.workers = 3});
  std::vector<pid_t> before;
  for (int number = 1; number <= 3; ++number) before.push_back(server.worker_pid(number));
  std::atomic<bool> enough = false;
  std::atomic<long> failures = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] { failures += failures_of_a_steady_client(server.port(), enough); });
  }
  for (int round = 1; round <= 3; ++round) {
    server.signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return reloads_done(server) == round; }, 30s));
  }
  enough = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(wait_until([&] { return serve(server, 3); }));
  for (int number = 1; number <= 3; ++number) {
    EXPECT_EQ(server.worker(number)["generation"], 4) << "the number stays";
  }
}

TEST(Reload, IsHeldUpByIdleAndHalfSentRequestsNoLongerThanTheDeadline) {
  const ServerProcess server(
      {.workers = 1, .arguments = {"--drain-timeout=400ms", "--protect=off"}});
  for (int round = 1; round <= 4; ++round) {
    HttpConnection idle(server.port());
    idle.send_request("GET", "/healthz");
    idle.read_response();
    HttpConnection half(server.port());
    half.send("POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 2; }));
    EXPECT_EQ(server.control({{"cmd", "reload"}})["ok"], true);
    EXPECT_TRUE(wait_until([&] { return reloads_done(server) == round; }));
    EXPECT_TRUE(idle.is_closed_by_peer());
    // The one that has stood in may be woken for the next client before it hears that it may go.
    EXPECT_TRUE(wait_until([&] {
      return server.control({{"cmd", "status"}})["workers"].size() == 1;
    }));
  }
}

TEST(Reload, FinishesWhatRunsAndClosesTheConnectionAfterwards) {
  const ServerProcess server({.workers = 1, .arguments = {"--protect=off"}});
  auto slow = server.start_request("/v1/faults/slow?ms=1000");
  ASSERT_EQ(wait_for_request(server, 1), 1);
  server.signal(SIGHUP);
  EXPECT_EQ(slow.read_response().status, 200);
  slow.send_request("GET", "/v1/todos");
  const auto last = slow.read_response();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(wait_until([&] { return reloads_done(server) == 1; }));
}

TEST(Reload, SurvivesKillsAndScalingMeanwhile) {
  const ServerProcess server({.workers = 3});
  for (int round = 0; round < 5; ++round) {
    server.signal(SIGHUP);
    server.control({{"cmd", "scale"}, {"workers", round % 2 == 0 ? 5 : 2}});
    server.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "KILL"}});
  }
  EXPECT_TRUE(wait_until(
      [&] {
        return server.control({{"cmd", "status"}})["reloading"] == false;
      },
      30s));
  EXPECT_TRUE(wait_until([&] { return serve(server, 5); }, 30s));
}

TEST(Reload, StopsQuicklyInTheMiddle) {
  ServerProcess server({.workers = 3});
  HttpConnection idle(server.port());
  idle.send_request("GET", "/healthz");
  idle.read_response();
  server.signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return count_in(server.log(), "draining") > 0; }));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(KillAll, LeavesNoZombieAndTheFullCountEveryTime) {
  const ServerProcess server({.workers = 4});
  for (int round = 0; round < 15; ++round) {
    std::vector<pid_t> victims;
    for (int number = 1; number <= 4; ++number) victims.push_back(server.worker_pid(number));
    for (const pid_t victim : victims) ::kill(victim, SIGKILL);
    EXPECT_TRUE(wait_until([&] {
      return std::ranges::all_of(victims, [](pid_t victim) { return ::kill(victim, 0) != 0; }) &&
             serve(server, 4);
    }));
  }
}

}  // namespace
}  // namespace forkscope
