// With protection off, connections end with their worker: what a class compares with. What breaks
// is counted all the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

#include "protection_scene.h"
#include "support/shell.h"

namespace forkscope {
namespace {

/// Nobody is in the middle of something when a worker dies, unless the test has seen to it: what is
/// sent at the very moment of a death is owed by nobody.
const Habits kHalves = {{Habit::rests, 32}, {Habit::cuts_head, 16}, {Habit::cuts_body, 16}};

ServerOptions unprotected(std::vector<std::string> more = {}, int workers = kWorkers) {
  more.emplace_back("--protect=off");
  ServerOptions options = with(std::move(more));
  options.workers = workers;
  return options;
}

/// Kills that worker, and waits until its successor has all that it is to have.
void replace(const Scene& scene, int number) {
  const int generation = scene.server.worker(number)["generation"];
  ::kill(scene.server.worker_pid(number), SIGKILL);
  ASSERT_TRUE(
      wait_until([&] { return scene.server.worker(number)["generation"] == generation + 1; }));
}

/// Connections of the crowd. What is sent before all of a dead worker's are seen to be, is owed by
/// nobody.
long all_broken(const Scene& scene) {
  const Seen seen = scene.crowd.seen();
  return seen.broken_at_rest + seen.broken_with_half + seen.broken_with_request;
}

/// At the worker with most of the crowd, so that not all of these are at rest. A newcomer comes to
/// the one with the fewest, which may have none.
Culprit culprit_among_most(const Scene& scene) {
  auto culprits = culprits_everywhere(scene.server);
  const auto share = [&](const auto& culprit) { return scene.clients_of(culprit.first); };
  return std::move(std::ranges::max_element(culprits, {}, share)->second);
}

TEST(ProtectionOff, LosesAllThatACrashedWorkerHad) {
  Scene scene(unprotected(), kHalves);
  EXPECT_EQ(scene.figures.protection(), telemetry::Protection::off);
  ASSERT_TRUE(wait_until([&] { return scene.crowd.seen().halves == 32; }));
  Culprit culprit = culprit_among_most(scene);
  const int share = scene.clients_of(culprit.worker);
  culprit.ask("/v1/faults/crash");
  EXPECT_TRUE(culprit.is_cut());
  ASSERT_TRUE(scene.is_back(culprit.worker, 2));
  ASSERT_TRUE(wait_until([&] { return all_broken(scene) == share; }))
      << ::testing::PrintToString(scene.crowd.seen());
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const Seen seen = scene.crowd.seen();
  EXPECT_EQ(scene.figures.lost(), seen.broken_with_half + seen.broken_with_request + 1);
  EXPECT_EQ(scene.figures.moved(), 0);
  EXPECT_EQ(all_broken(scene), share);
}

TEST(ProtectionOff, LosesAllThatAHungWorkerHadOnceItIsKilled) {
  Scene scene(unprotected({"--hang-after=500ms", "--kill-after=2s"}));
  Culprit culprit = culprit_among_most(scene);
  const int share = scene.clients_of(culprit.worker);
  culprit.ask("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(is_hung(scene.server, culprit.worker));
  EXPECT_EQ(scene.clients_of(culprit.worker), share) << "all of them wait";
  EXPECT_TRUE(culprit.is_cut());
  ASSERT_TRUE(scene.is_back(culprit.worker, 2));
  ASSERT_TRUE(wait_until([&] { return all_broken(scene) == share; }))
      << ::testing::PrintToString(scene.crowd.seen());
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const Seen seen = scene.crowd.seen();
  EXPECT_GT(seen.broken_with_request, 0);
  EXPECT_EQ(scene.figures.lost(), seen.broken_with_request + 1);
  EXPECT_EQ(scene.figures.moved(), 0);
  EXPECT_TRUE(seen.wrong.empty()) << ::testing::PrintToString(seen);
  EXPECT_EQ(support::audit(seen, support::titles(scene.server)), "");
}

TEST(ProtectionOff, LeavesNewcomersWithoutConnectionsAndTellsClientsOfOthersToGo) {
  Scene scene(unprotected({}, 3), {{Habit::reads, 64}});
  const auto scale = [&](std::size_t workers) {
    scene.server.control({{"cmd", "scale"}, {"workers", workers}});
    return wait_until([&] { return worker_pids(scene.server).size() == workers; });
  };
  ASSERT_TRUE(scale(5));
  scene.settle();
  EXPECT_EQ(scene.clients_of(4) + scene.clients_of(5), 0);

  const int share = scene.clients_of(3);
  ASSERT_TRUE(scale(3));  // so that nobody who is told to go comes to one that goes as well
  ASSERT_TRUE(scale(2));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const Seen seen = scene.crowd.seen();
  EXPECT_EQ(seen.told_to_close, share);
  EXPECT_EQ(seen.broken_with_request + seen.broken_at_rest, 0);
  EXPECT_EQ(scene.figures.moved(), 0);
  EXPECT_EQ(scene.figures.lost(), 0);
}

int switch_protection(const ServerProcess& server, const std::string& to) {
  return support::ctl(server, support::port_option(server) + "protect " + to).exit_code;
}

TEST(ProtectionSwitch, HoldsForWorkersThatRun) {
  Scene scene(with({}), kResting);
  EXPECT_EQ(scene.figures.protection(), telemetry::Protection::on);
  const auto broken = [&] { return scene.crowd.seen().broken_at_rest; };

  EXPECT_EQ(switch_protection(scene.server, "off"), 0);
  EXPECT_EQ(scene.figures.protection(), telemetry::Protection::off);
  scene.settle();
  const int share = scene.clients_of(1);
  const long moved = scene.figures.moved();
  replace(scene, 1);
  EXPECT_TRUE(wait_until([&] { return broken() == share; })) << broken();
  EXPECT_EQ(scene.figures.moved(), moved);

  EXPECT_EQ(switch_protection(scene.server, "on"), 0);
  EXPECT_EQ(scene.figures.protection(), telemetry::Protection::on);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const int second = scene.clients_of(2);
  replace(scene, 2);
  scene.expect_moved(MoveReason::crash, second);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(broken(), share);
  EXPECT_EQ(scene.figures.lost(), 0);
}

}  // namespace
}  // namespace forkscope
