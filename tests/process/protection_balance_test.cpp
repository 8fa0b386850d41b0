// A newcomer gets its share of the connections, and nothing moves without a newcomer.
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "protection_scene.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;

/// In a server that grows, for a worker that has come back from a hang, and after its death.
TEST(ProtectionBalances, WhoeverIsNew) {
  Scene scene({.workers = 1, .arguments = {"--hang-after=500ms", "--kill-after=1m"}});
  EXPECT_EQ(scene.clients_of(1), 64);
  scene.server.control({{"cmd", "scale"}, {"workers", kWorkers}});
  ASSERT_TRUE(wait_until([&] { return worker_pids(scene.server).size() == kWorkers; }));
  scene.expect_balanced();
  scene.expect_unharmed(0);

  scene.settle();
  Culprit culprit(scene.server);
  culprit.ask("/v1/faults/slow?ms=1200");
  ASSERT_TRUE(is_hung(scene.server, culprit.worker));
  const pid_t pid = scene.server.worker_pid(culprit.worker);
  ::kill(pid, SIGSTOP);  // so that it does not return before everybody has looked
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(scene.clients_of(culprit.worker), 0);
  ::kill(pid, SIGCONT);
  EXPECT_EQ(culprit.connection.read_response().status, 200);
  scene.expect_balanced();
  scene.expect_unharmed(0);

  const long moved = scene.figures.moved(MoveReason::balance);
  EXPECT_GT(moved, 0);
  ::kill(scene.server.worker_pid(2), SIGKILL);
  ASSERT_TRUE(scene.is_back(2, 2));
  scene.expect_balanced();
  EXPECT_GT(scene.figures.moved(MoveReason::balance), moved);
  scene.expect_broken(scene.figures.lost());
}

TEST(ProtectionBalances, NothingAtSteadyLoad) {
  Scene scene;
  scene.settle();
  const long moved = scene.figures.moved();
  const Seen before = scene.crowd.seen();
  EXPECT_TRUE(scene.wait_for_answers(2000));
  support::pass(200ms);  // the longest that the figures are late
  EXPECT_EQ(scene.figures.moved(), moved);
  const Seen after = scene.crowd.seen();
  EXPECT_EQ(after.moves, before.moves);
  EXPECT_EQ(after.connections, before.connections);
  scene.expect_unharmed(0);
}

/// Light traffic stays on few workers, which are warm, however many come and go beside them.
TEST(ProtectionBalances, NoLightTraffic) {
  const ServerProcess server(with({}));
  const Figures figures(server);
  std::vector<Culprit> clients;
  for (int i = 0; i < 2; ++i) clients.emplace_back(server);
  std::vector<std::string> homes;
  for (Culprit& client : clients) {
    client.ask("/livez");
    homes.push_back(client.connection.read_response().header("x-worker-pid"));
  }
  for (int number = 1; number <= kWorkers; ++number) {
    const std::string pid = std::to_string(server.worker_pid(number));
    if (std::ranges::find(homes, pid) != homes.end()) continue;
    ::kill(std::stoi(pid), SIGKILL);
    ASSERT_TRUE(support::wait_for_generation(server, number, 2));
  }
  // A newcomer is one for a second and a half.
  ASSERT_TRUE(support::wait_while_watched(server, kWorkers, 1700ms));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i].ask("/livez");
    EXPECT_EQ(clients[i].connection.read_response().header("x-worker-pid"), homes[i]);
  }
  EXPECT_EQ(figures.moved(), 0);
}

}  // namespace
}  // namespace forkscope
