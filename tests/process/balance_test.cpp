// Who gets the connections: light traffic stays on few workers, heavy traffic spreads, and an idle
// worker costs nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;
using support::wait_until;

std::size_t open_at(const ServerProcess& server, int workers) {
  std::size_t count = 0;
  for (int number = 1; number <= workers; ++number) {
    count += server.worker(number)["connections"].get<std::size_t>();
  }
  return count;
}

struct Burst {
  std::size_t connections;
  int tolerance;  ///< How many more or fewer than its share each worker may have.
  bool asks_at_once;
};

class Bursts : public ::testing::TestWithParam<Burst> {};

// Each worker takes its share of the queue by itself: nothing is evened out afterwards.
TEST_P(Bursts, AreSpreadThoughTheClientNeverPauses) {
  constexpr int kWorkers = 4;
  const Burst burst = GetParam();
  const ServerProcess server({.workers = kWorkers});
  ASSERT_TRUE(support::wait_for_quiet(server, kWorkers));
  std::deque<support::HttpConnection> connections;
  while (connections.size() < burst.connections) connections.emplace_back(server.port());
  ASSERT_TRUE(burst.asks_at_once ||
              wait_until([&] { return open_at(server, kWorkers) == burst.connections; }));
  for (auto& connection : connections) connection.send_request("GET", "/v1/todos");
  std::map<std::string, int> share;
  for (auto& connection : connections) ++share[connection.read_response().header("x-worker")];
  EXPECT_EQ(share.size(), kWorkers);
  for (const auto& [worker, count] : share) {
    EXPECT_NEAR(count, static_cast<int>(burst.connections) / kWorkers, burst.tolerance)
        << "worker " << worker;
  }
  EXPECT_EQ(server.control({{"cmd", "status"}})["moved"]["balance"], 0);
}

INSTANTIATE_TEST_SUITE_P(Balance, Bursts,
                         ::testing::Values(Burst{64, 4, false}, Burst{64, 4, true},
                                           Burst{256, 8, false}, Burst{256, 8, true}),
                         [](const auto& test) {
                           return std::to_string(test.param.connections) +
                                  (test.param.asks_at_once ? "ThatAskAtOnce" : "ThatAskLater");
                         });

TEST(Balance, KeepsLightTrafficOnFewWorkers) {
  const ServerProcess server({.workers = 4});
  std::map<std::string, int> share;
  for (int i = 0; i < 200; ++i) ++share[server.request("GET", "/v1/todos").header("x-worker")];
  // One worker, two at most, as long as the machine has a core to run it on at once; on a crowded
  // one somebody else helps out now and then.
  std::vector<int> counts;
  for (const auto& [worker, count] : share) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  counts.resize(2);
  EXPECT_GE(counts[0] + counts[1], 180) << ::testing::PrintToString(share);
}

TEST(Balance, IsLeftToTheKernelWhenAskedAndEverybodyIsAnswered) {
  const ServerProcess server({.workers = 4, .arguments = {"--balance=kernel"}});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
}

TEST(Idle, WorkerNeverWakesUp) {
  const ServerProcess server({.workers = 1});
  server.request("GET", "/v1/todos");
  ASSERT_TRUE(support::wait_for_quiet(server, 1));
  const pid_t worker = server.worker_pid(1);
  ASSERT_TRUE(wait_until([&] { return support::process_state(worker) == 'S'; }));
  const long before = support::context_switches(worker);
  support::pass(1100ms);  // that it sleeps on; a second is the longest that a loop would tick with
  EXPECT_EQ(support::context_switches(worker), before);
}

// Nobody is evened out then, and the primary is not to wait for that.
TEST(Idle, PrimaryRestsWithoutProtection) {
  const ServerProcess server({.workers = 2, .arguments = {"--protect=off"}});
  ASSERT_TRUE(support::wait_for_quiet(server, 2));
  const auto before = support::cpu_time(server.pid());
  support::pass(1100ms);
  EXPECT_LT(support::cpu_time(server.pid()) - before, 550ms);
}

}  // namespace
}  // namespace forkscope
