// The second process of each worker, its keeper: there is one for each, it costs nothing while
// nothing happens, it can be killed like everybody else, and it outlives nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <set>
#include <string>

#include "protection_scene.h"
#include "support/proc.h"
#include "support/shell.h"

namespace forkscope {
namespace {

using support::living_in_group;
using support::wait_for_log;

/// All that are neither the primary nor a worker.
std::set<pid_t> keepers_of(const ServerProcess& server) {
  std::set<pid_t> keepers = living_in_group(server.pid());
  keepers.erase(server.pid());
  for (const auto& [number, pid] : worker_pids(server)) keepers.erase(pid);
  return keepers;
}

/// By the name that ps(1) shows.
pid_t keeper_of(const ServerProcess& server, int worker) {
  for (const pid_t keeper : keepers_of(server)) {
    std::string name;
    std::getline(std::ifstream("/proc/" + std::to_string(keeper) + "/comm"), name);
    if (name == "todos keeper " + std::to_string(worker)) return keeper;
  }
  ADD_FAILURE() << "worker " << worker << " has no keeper";
  return server.worker_pid(worker);
}

bool has_keepers(const ServerProcess& server, std::size_t count) {
  return wait_until([&] { return keepers_of(server).size() == count; });
}

TEST(Keeper, LeavesNothingBehindWhenThePrimaryIsKilled) {
  for (const bool one_hangs : {false, true}) {
    Scene scene(with({"--hang-after=400ms", "--kill-after=0"}));
    EXPECT_TRUE(has_keepers(scene.server, kWorkers));
    auto request = scene.server.start_request(one_hangs ? "/v1/faults/hang" : "/livez");
    ASSERT_TRUE(!one_hangs || support::wait_for_hang(scene.server, kWorkers) != 0);
    scene.server.signal(SIGKILL);
    EXPECT_EQ(scene.server.wait_for_exit(), 128 + SIGKILL);
    EXPECT_TRUE(wait_until([&] { return living_in_group(scene.server.pid()).empty(); }));
  }
}

TEST(Keeper, IsMissedAndComesBackWhenItIsKilled) {
  Scene scene(with({}), kAllHabits);
  ASSERT_TRUE(has_keepers(scene.server, kWorkers));
  const std::set<pid_t> before = keepers_of(scene.server);
  ::kill(*before.begin(), SIGKILL);
  EXPECT_TRUE(wait_for_log(scene.server, " is unprotected: "));
  EXPECT_TRUE(wait_until([&] {
    const std::set<pid_t> now = keepers_of(scene.server);
    return now.size() == kWorkers && now != before && !now.contains(*before.begin());
  }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
  // Each of them does its duty.
  for (int number = 1; number <= kWorkers; ++number) {
    const int generation = scene.server.worker(number)["generation"];
    ::kill(scene.server.worker_pid(number), SIGKILL);
    ASSERT_TRUE(wait_until([&] { return scene.server.worker(number)["generation"] > generation; }));
  }
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const long lost = scene.figures.lost();
  EXPECT_LE(lost, kWorkers);
  scene.expect_broken(lost);
}

// As without protection: those of the dead one break, and the others see nothing of it.
TEST(Keeper, TakesAllDownWithItWhenItsWorkerDiesToo) {
  Scene scene;
  ASSERT_TRUE(has_keepers(scene.server, kWorkers));
  scene.settle();
  const int share = scene.clients_of(1);
  ::kill(keeper_of(scene.server, 1), SIGKILL);
  ::kill(scene.server.worker_pid(1), SIGKILL);
  ASSERT_TRUE(wait_until([&] { return scene.server.worker(1)["generation"] >= 2; }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const Seen seen = scene.crowd.seen();
  EXPECT_LE(seen.broken_with_request + seen.broken_at_rest, share);
  EXPECT_TRUE(seen.wrong.empty()) << ::testing::PrintToString(seen);
  EXPECT_EQ(support::audit(seen, support::titles(scene.server)), "");
  EXPECT_TRUE(has_keepers(scene.server, kWorkers));
}

TEST(Keeper, ComesAndGoesWithItsWorker) {
  const ServerProcess server(with({}));
  ASSERT_TRUE(has_keepers(server, kWorkers));
  for (int number = 1; number <= kWorkers; ++number) {
    ::kill(server.worker_pid(number), SIGKILL);
    ASSERT_TRUE(wait_until([&] { return server.worker(number)["generation"] == 2; }));
  }
  EXPECT_TRUE(has_keepers(server, kWorkers));
  const auto old = worker_pids(server);
  server.signal(SIGHUP);
  ASSERT_TRUE(wait_for_reload(server, old));
  EXPECT_TRUE(has_keepers(server, kWorkers));
  server.control({{"cmd", "scale"}, {"workers", 2}});
  EXPECT_TRUE(wait_until([&] { return living_in_group(server.pid()).size() == 5; }))
      << "a primary, two workers and their keepers";
}

TEST(Keeper, NeverWakesUp) {
  const ServerProcess server(with({}));
  ASSERT_TRUE(has_keepers(server, kWorkers));
  ASSERT_TRUE(support::wait_for_quiet(server, kWorkers));
  const std::set<pid_t> keepers = keepers_of(server);
  std::map<pid_t, long> before;
  for (const pid_t keeper : keepers) before[keeper] = support::context_switches(keeper);
  support::pass(std::chrono::milliseconds(1100));  // a second is the longest that one would tick
  for (const pid_t keeper : keepers) {
    EXPECT_EQ(support::context_switches(keeper), before[keeper]);
  }
}

}  // namespace
}  // namespace forkscope
