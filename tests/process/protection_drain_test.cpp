// Reloads and scaling: connections go on at the workers that stay, whatever they are in the middle
// of. Nobody is told to go, and who drains does not wait for its clients.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>

#include "protection_scene.h"

namespace forkscope {
namespace {

/// Those that send nothing until they are called on, in the middle of all that can be begun.
const Habits kPatient = {
    {Habit::rests, 16}, {Habit::cuts_head, 16}, {Habit::cuts_body, 16}, {Habit::expects, 16}};

void scale(const ServerProcess& server, int workers) {
  EXPECT_EQ(server.control({{"cmd", "scale"}, {"workers", workers}})["ok"], true);
}

bool has_workers(const ServerProcess& server, std::size_t count) {
  return wait_until([&] { return worker_pids(server).size() == count; });
}

TEST(ProtectionInAReload, IsNoticedByNobody) {
  Scene scene(with({}), kAllHabits);
  scene.settle();
  const auto old = worker_pids(scene.server);
  const long moved = scene.figures.moved();
  const long moves = scene.crowd.seen().moves;
  scene.server.signal(SIGHUP);
  ASSERT_TRUE(wait_for_reload(scene.server, old));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
  EXPECT_GE(scene.figures.moved(MoveReason::drain), 64) << "the extra worker's leave as well";
  const long seen = scene.crowd.seen().moves - moves;
  EXPECT_GE(seen, 64);
  EXPECT_TRUE(wait_until([&] { return scene.figures.moved() - moved >= seen; }));
  scene.expect_balanced();
}

/// It used to wait for a second for those at rest, and for half requests until they are whole.
TEST(ProtectionInAReload, WaitsForNoClient) {
  Scene scene(with({"--drain-timeout=1m"}), kPatient);
  ASSERT_TRUE(wait_until([&] { return scene.crowd.seen().halves == 48; }));
  const auto old = worker_pids(scene.server);
  scene.server.signal(SIGHUP);
  EXPECT_TRUE(wait_for_reload(scene.server, old)) << "nobody has sent anything meanwhile";
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
}

TEST(ProtectionInScaling, MovesAllThatTheOnesHadWhoGo) {
  Scene scene(with({}), kAllHabits);
  scene.settle();
  int share = scene.clients_of(3) + scene.clients_of(4);
  const long moves = scene.crowd.seen().moves;
  scale(scene.server, 2);
  ASSERT_TRUE(has_workers(scene.server, 2));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_moved(MoveReason::drain, share);
  EXPECT_EQ(scene.crowd.seen().moves - moves, share);
  EXPECT_EQ(scene.clients_of(3) + scene.clients_of(4), 0);

  scale(scene.server, 4);
  ASSERT_TRUE(has_workers(scene.server, 4));
  scene.expect_balanced();
  scene.expect_moved(MoveReason::drain, share);

  scene.settle();
  share += scene.clients_of(4);
  scene.server.signal(SIGTTOU);
  ASSERT_TRUE(has_workers(scene.server, 3));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_moved(MoveReason::drain, share);
  scene.expect_unharmed(0);
}

TEST(ProtectionInScaling, LetsARequestThatRunsEndWhereItIs) {
  Scene scene({.workers = 2}, kResting);
  scene.settle();
  std::map<int, Culprit> culprits = culprits_everywhere(scene.server, 2);
  Culprit& last = culprits.at(2);
  last.ask("/v1/faults/slow?ms=700");
  ASSERT_EQ(support::wait_for_request(scene.server, 2), 2);
  scale(scene.server, 1);
  const auto response = last.connection.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("x-worker"), "2");
  EXPECT_EQ(response.header("connection"), "");
  ASSERT_TRUE(has_workers(scene.server, 1));
  last.ask("/livez");
  EXPECT_EQ(last.connection.read_response().header("x-worker"), "1");
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
}

/// It is asked to go while it hangs, and does so in the end.
TEST(ProtectionInScaling, HasAHungWorkerGoInOrder) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1m"}), kAllHabits);
  scene.settle();
  std::map<int, Culprit> culprits = culprits_everywhere(scene.server);
  Culprit& last = culprits.at(4);
  last.ask("/v1/faults/slow?ms=2000");
  ASSERT_TRUE(is_hung(scene.server, 4));
  scale(scene.server, 3);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(last.connection.read_response().status, 200);
  EXPECT_TRUE(has_workers(scene.server, 3));
  last.ask("/livez");
  EXPECT_NE(last.connection.read_response().header("x-worker"), "4");
  EXPECT_TRUE(support::wait_for_log(scene.server, "worker 4 ended with exit code 0"));
  scene.expect_unharmed(0);
}

/// There is nowhere to go: as it was before connections could move.
TEST(ProtectionInAStop, EndsConnections) {
  Scene scene(with({}), kResting);
  Culprit culprit(scene.server);
  culprit.ask("/v1/faults/slow?ms=500");
  ASSERT_NE(support::wait_for_request(scene.server, kWorkers), 0);
  scene.server.signal(SIGTERM);
  const auto response = culprit.connection.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(scene.server.wait_for_exit(), 0);
  EXPECT_TRUE(wait_until([&] { return scene.crowd.seen().broken_at_rest == 64; }))
      << ::testing::PrintToString(scene.crowd.seen());
  EXPECT_EQ(scene.crowd.seen().broken_with_request, 0);
  EXPECT_EQ(scene.figures.lost(), 0);
  EXPECT_EQ(scene.figures.moved(MoveReason::drain), 0);
}

}  // namespace
}  // namespace forkscope
