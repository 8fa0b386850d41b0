// A worker that hangs: the other connections go on at its peers as soon as it is declared hung, and
// its own request stays with it, to the end or to the answer.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <ostream>
#include <string>

#include "protection_scene.h"
#include "support/faulty_disk.h"

namespace forkscope {
namespace {

using support::FaultyDisk;
using support::todo;

/// Nobody posts, so that no batch is ever under way.
const Habits kReaders = {{Habit::reads, 52}, {Habit::rests, 12}};

struct Kind {
  const char* mode;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.mode; }

class ProtectionFromHang : public ::testing::TestWithParam<Kind> {};

TEST_P(ProtectionFromHang, MovesAllOthersBeforeAnybodyIsKilled) {
  Scene scene(with({"--hang-after=1s", "--kill-after=0"}), kAllHabits);  // never
  scene.settle();
  Culprit culprit(scene.server);
  const int share = scene.clients_of(culprit.worker);
  const long moves = scene.crowd.seen().moves;
  culprit.ask("/v1/faults/hang?mode=" + std::string(GetParam().mode));
  ASSERT_TRUE(is_hung(scene.server, culprit.worker));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_GT(share, 0);
  EXPECT_EQ(scene.clients_of(culprit.worker), 0);
  EXPECT_EQ(scene.crowd.seen().moves - moves, share);
  scene.expect_moved(MoveReason::hang, share);
  scene.expect_unharmed(0);
  EXPECT_EQ(scene.server.worker(culprit.worker)["generation"], 1);

  ::kill(scene.server.worker_pid(culprit.worker), SIGKILL);
  EXPECT_TRUE(culprit.is_cut());
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
  scene.expect_moved(MoveReason::crash, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, ProtectionFromHang,
                         ::testing::Values(Kind{"spin"}, Kind{"sleep"}),
                         [](const auto& test) { return test.param.mode; });

TEST(ProtectionFromAHang, ShowsThatTheHungWorkerHasTheirConnectionsNoMore) {
  Scene scene(with({"--hang-after=1s", "--kill-after=0"}), kResting);
  Culprit culprit(scene.server);
  culprit.ask("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(is_hung(scene.server, culprit.worker));
  EXPECT_TRUE(wait_until([&] { return scene.server.worker(culprit.worker)["connections"] == 1; }))
      << scene.server.worker(culprit.worker)["connections"];
}

TEST(ProtectionFromAHang, LosesNothingWhenTheWorkerIsKilledInTheEnd) {
  Scene scene(with({"--hang-after=1s", "--kill-after=2s"}), kAllHabits);
  Culprit culprit(scene.server);
  // What is behind it on the same connection is lost with it: one connection, one loss.
  culprit.ask("/v1/faults/hang?mode=sleep");
  culprit.ask("/livez");
  ASSERT_TRUE(wait_until([&] { return scene.server.worker(culprit.worker)["generation"] == 2; }));
  EXPECT_TRUE(culprit.is_cut());
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

TEST(ProtectionFromAHang, LetsTheHandlerAnswerAfterAll) {
  Scene scene(with({"--hang-after=1s", "--kill-after=1m"}), kAllHabits);
  Culprit culprit(scene.server);
  const pid_t pid = scene.server.worker_pid(culprit.worker);
  culprit.ask("/v1/faults/slow?ms=3000");
  culprit.ask("/livez");
  ASSERT_TRUE(is_hung(scene.server, culprit.worker));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(scene.clients_of(culprit.worker), 0);
  // Both are answered where they were sent, and the worker goes on.
  for (int i = 0; i < 3; ++i) {
    const auto response = culprit.connection.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("x-worker-pid"), std::to_string(pid));
    if (i == 1) culprit.ask("/livez");
  }
  EXPECT_TRUE(support::wait_for_log(scene.server, "recovered"));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
  EXPECT_EQ(scene.server.worker_pid(culprit.worker), pid);
}

TEST(ProtectionFromAHang, DoesSoAgainAndAgain) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1m"}));
  for (int round = 0; round < 3; ++round) {
    std::map<int, Culprit> culprits = culprits_everywhere(scene.server);
    Culprit& culprit = culprits.at(1);
    culprit.ask("/v1/faults/slow?ms=1500");
    ASSERT_TRUE(is_hung(scene.server, 1));
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    EXPECT_EQ(scene.clients_of(1), 0);
    EXPECT_EQ(culprit.connection.read_response().status, 200);
    EXPECT_TRUE(wait_until([&] { return scene.clients_of(1) > 0; })) << "a newcomer's share";
  }
  scene.expect_unharmed(0);
}

TEST(ProtectionFromASignalThatStops, MovesAllBetweenTwoRequests) {
  Scene scene(with({"--hang-after=1s", "--kill-after=1m"}), kResting);
  scene.settle();
  const int share = scene.clients_of(1);
  const pid_t pid = scene.server.worker_pid(1);
  ::kill(pid, SIGSTOP);
  ASSERT_TRUE(is_hung(scene.server, 1));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_moved(MoveReason::hang, share);
  EXPECT_EQ(scene.clients_of(1), 0);

  ::kill(pid, SIGCONT);
  EXPECT_TRUE(wait_until([&] { return scene.server.worker_state(1) == "idle"; }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(scene.server.worker_pid(1), pid) << "it has touched none, and lives";
  scene.expect_unharmed(0);
}

/// Wherever it is at that moment: between two requests, or in the middle of something that only its
/// death decides.
TEST(ProtectionFromASignalThatStops, LosesNoMoreThanWhatIsInHand) {
  Scene scene(with({"--hang-after=1s", "--kill-after=3s"}), kReaders);
  ::kill(scene.server.worker_pid(1), SIGSTOP);
  ASSERT_TRUE(wait_until([&] { return scene.server.worker(1)["generation"] == 2; }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const long lost = scene.figures.lost();
  EXPECT_LE(lost, 1);
  scene.expect_broken(lost);
}

// ── a disk that stalls, while the worker has the turn to write ──

TEST(ProtectionFromAStalledDisk, KillsWhoHasTheTurnToWriteAtTheDeclaration) {
  FaultyDisk disk;
  Scene scene({.workers = kWorkers,
               .arguments = {"--hang-after=1s", "--kill-after=1m"},
               .environment = disk.environment()},
              kReaders);
  Culprit culprit(scene.server);
  Culprit other(scene.server);
  disk.arm(FaultyDisk::Fault::kStallWrite);
  culprit.connection.send_request("POST", "/v1/todos", todo("caught"));
  ASSERT_TRUE(wait_until([&] { return disk.has_struck(FaultyDisk::Fault::kStallWrite); }));
  other.connection.send_request("POST", "/v1/todos", todo("other"));
  EXPECT_TRUE(culprit.is_cut()) << "nobody knows whether it is stored";
  EXPECT_EQ(other.connection.read_response().status, 201);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

TEST(ProtectionFromAStalledDisk, RunsElsewhereWhatHadNotBegun) {
  FaultyDisk disk;
  Scene scene({.workers = kWorkers,
               .arguments = {"--hang-after=1s", "--kill-after=1m"},
               .environment = disk.environment()},
              kReaders);
  Culprit culprit(scene.server);
  disk.arm(FaultyDisk::Fault::kFailSync);  // the log is in doubt, and is replaced before the batch
  culprit.connection.send_request("POST", "/v1/todos", todo("in doubt"));
  ASSERT_EQ(culprit.connection.read_response().status, 503);
  disk.arm(FaultyDisk::Fault::kStallSync);
  culprit.connection.send_request("POST", "/v1/todos", todo("once"));
  const auto response = culprit.connection.read_response();
  EXPECT_EQ(response.status, 201);
  EXPECT_NE(response.header("x-worker"), std::to_string(culprit.worker));
  EXPECT_EQ(std::ranges::count(support::titles(scene.server), "once"), 1);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
}

// ── all of them ──

TEST(ProtectionWhenAllHang, LetsConnectionsWaitForTheFirstOneThatIsBack) {
  Scene scene(with({"--hang-after=1s", "--kill-after=0"}), kReaders);
  std::map<int, Culprit> culprits = culprits_everywhere(scene.server);
  for (auto& [worker, culprit] : culprits) culprit.ask("/v1/faults/hang?mode=sleep");
  for (const auto& [worker, culprit] : culprits) ASSERT_TRUE(is_hung(scene.server, worker));
  ::kill(scene.server.worker_pid(2), SIGKILL);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(scene.clients_of(2), 64) << "the others hang";
  scene.expect_moved(MoveReason::hang, 64);
  scene.expect_unharmed(1);
}

TEST(ProtectionWhenAllHang, LosesOneRequestOfEach) {
  Scene scene(with({"--hang-after=1s", "--kill-after=2s"}), kAllHabits);
  std::map<int, Culprit> culprits = culprits_everywhere(scene.server);
  for (auto& [worker, culprit] : culprits) culprit.ask("/v1/faults/hang?mode=sleep");
  for (const auto& [worker, culprit] : culprits) {
    ASSERT_TRUE(wait_until([&] { return scene.server.worker(worker)["generation"] == 2; }));
  }
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(kWorkers);
}

}  // namespace
}  // namespace forkscope
