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

TEST(Balance, SpreadsConnectionsThatAreOpenedAtOnce) {
  const ServerProcess server({.workers = 4});
  std::deque<support::HttpConnection> connections;
  for (int i = 0; i < 64; ++i) connections.emplace_back(server.port());
  std::map<std::string, int> share;
  for (auto& connection : connections) {
    connection.send_request("GET", "/v1/todos");
    ++share[connection.read_response().header("x-worker")];
  }
  EXPECT_EQ(share.size(), 4U);
  for (const auto& [worker, count] : share) {
    EXPECT_GE(count, 12) << "worker " << worker;
    EXPECT_LE(count, 20) << "worker " << worker;
  }
}

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
  EXPECT_GE(counts[0] + counts[1], 140) << ::testing::PrintToString(share);
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

}  // namespace
}  // namespace forkscope
