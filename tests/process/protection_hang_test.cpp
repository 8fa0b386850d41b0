// A worker that hangs: the other connections go on at its peers as soon as it is declared hung, and
// its own request stays with it, to the end or to the answer.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "protection_scene.h"
#include "support/faulty_disk.h"

namespace forkscope {
namespace {

using support::FaultyDisk;
using support::todo;

/// Nobody posts, so that no batch is ever under way.
const Habits kReaders = {{Habit::reads, 52}, {Habit::rests, 12}};

TEST(ProtectionFromHangs, MovesAllOthersBeforeAnybodyIsKilled) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=0"}), kAllHabits);  // never
  long lost = 0;
  long moved = 0;
  for (const std::string mode : {"spin", "sleep"}) {
    SCOPED_TRACE(mode);
    scene.settle();
    Culprit culprit(scene.server);
    const int share = scene.clients_of(culprit.worker);
    const long moves = scene.crowd.seen().moves;
    const auto before = scene.server.worker(culprit.worker);
    culprit.ask("/v1/faults/hang?mode=" + mode);
    ASSERT_TRUE(is_hung(scene.server, culprit.worker));
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    EXPECT_GT(share, 0);
    EXPECT_EQ(scene.clients_of(culprit.worker), 0);
    EXPECT_EQ(scene.crowd.seen().moves - moves, share);
    scene.expect_moved(MoveReason::hang, moved += share);
    scene.expect_unharmed(lost);
    const auto now = scene.server.worker(culprit.worker);
    EXPECT_EQ(now["pid"], before["pid"]);
    EXPECT_EQ(now["connections"], 1);

    ::kill(now["pid"], SIGKILL);
    EXPECT_TRUE(culprit.is_cut());
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    scene.expect_unharmed(++lost);
    scene.expect_moved(MoveReason::crash, 0);
  }
}

TEST(ProtectionFromAHang, LosesNothingWhenTheWorkerIsKilledInTheEnd) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1s"}), kAllHabits);
  scene.settle();
  Culprit culprit(scene.server);
  // What is behind it on the same connection is lost with it: one connection, one loss.
  culprit.ask("/v1/faults/hang?mode=sleep");
  culprit.ask("/livez");
  ASSERT_TRUE(wait_until([&] { return scene.server.worker(culprit.worker)["generation"] == 2; }));
  EXPECT_TRUE(culprit.is_cut());
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

/// As often as it hangs.
TEST(ProtectionFromAHang, LetsTheHandlerAnswerAfterAll) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1m"}), kAllHabits);
  scene.settle();
  Culprit culprit(scene.server);
  const int worker = culprit.worker;
  const pid_t pid = scene.server.worker_pid(worker);
  for (int round = 1; round <= 2; ++round) {
    culprit.ask("/v1/faults/slow?ms=1200");
    culprit.ask("/livez");
    ASSERT_TRUE(is_hung(scene.server, worker));
    ::kill(pid, SIGSTOP);  // so that it does not return before everybody has looked
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    EXPECT_EQ(scene.clients_of(worker), 0);
    ::kill(pid, SIGCONT);
    // Both are answered where they were sent, and the worker goes on.
    for (int i = 0; i < 2; ++i) {
      const auto response = culprit.connection.read_response();
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.header("x-worker-pid"), std::to_string(pid));
    }
    EXPECT_TRUE(
        wait_until([&] { return support::count_in(scene.server.log(), " recovered") == round; }));
    EXPECT_TRUE(wait_until([&] { return scene.clients_of(worker) > 0; })) << "a newcomer's share";
  }
  scene.expect_unharmed(0);
  EXPECT_EQ(scene.server.worker_pid(worker), pid);
}

TEST(ProtectionFromASignalThatStops, MovesAllBetweenTwoRequests) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1m"}), kResting);
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
  Scene scene(with({"--hang-after=500ms", "--kill-after=1s"}), kReaders);
  ::kill(scene.server.worker_pid(1), SIGSTOP);
  ASSERT_TRUE(wait_until([&] { return scene.server.worker(1)["generation"] == 2; }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const long lost = scene.figures.lost();
  EXPECT_LE(lost, 1);
  scene.expect_broken(lost);
}

/// What the primary sends arrives where connections are touched: or SIGABRT would kill a worker
/// that has been stopped while its event loop goes on already.
TEST(ProtectionFromASignalThatStops, HasNoOtherThreadTakeSignals) {
  const ServerProcess server({.workers = 1});
  support::post_todo(server, "so that the log is flushed");
  const std::filesystem::path tasks = "/proc/" + std::to_string(server.worker_pid(1)) + "/task";
  int others = 0;
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (task.path().filename() == std::to_string(server.worker_pid(1))) continue;
    ++others;
    std::ifstream status(task.path() / "status");
    std::string word;
    while (status >> word && word != "SigBlk:") {
    }
    std::uint64_t blocked = 0;
    status >> std::hex >> blocked;
    EXPECT_NE(blocked >> (SIGABRT - 1) & 1, 0U) << task.path();
  }
  EXPECT_EQ(others, 1) << "that of the log";
}

// ── a disk that stalls, while the worker has the turn to write ──

struct StalledDisk : Scene {
  explicit StalledDisk(const FaultyDisk& disk)
      : Scene({.workers = kWorkers,
               .arguments = {"--hang-after=500ms", "--kill-after=1m"},
               .environment = disk.environment()},
              kReaders) {
    settle();
  }
};

/// It is killed at the declaration: nobody else can write before. What became of its commit is
/// found out by whoever has the turn next.
TEST(ProtectionFromAStalledDisk, SettlesTheCommitOfWhoHasTheTurnToWrite) {
  FaultyDisk disk;
  StalledDisk scene(disk);
  for (const bool is_made : {false, true}) {
    const auto fault = is_made ? FaultyDisk::Fault::kStallUnlock : FaultyDisk::Fault::kStallWrite;
    const std::string title = is_made ? "made" : "not made";
    SCOPED_TRACE(title);
    Culprit culprit(scene.server);
    Culprit other(scene.server);
    const std::string pid = std::to_string(scene.serving(culprit.worker));
    disk.arm(fault);
    culprit.connection.send_request("POST", "/v1/todos", todo(title));
    ASSERT_TRUE(wait_until([&] { return disk.has_struck(fault); }));
    other.connection.send_request("POST", "/v1/todos", todo("other"));
    const auto response = culprit.connection.read_response();
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.header("x-worker-pid") == pid, is_made) << "by whom it was run";
    EXPECT_EQ(other.connection.read_response().status, 201);
    EXPECT_EQ(std::ranges::count(support::titles(scene.server), title), 1);
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    scene.expect_unharmed(0);
  }
}

TEST(ProtectionFromAStalledDisk, RunsElsewhereWhatHadNotBegun) {
  FaultyDisk disk;
  StalledDisk scene(disk);
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
  Scene scene(with({"--hang-after=500ms", "--kill-after=0"}), kReaders);
  scene.settle();
  std::map<int, Culprit> culprits = culprits_everywhere(scene.server);
  for (auto& [worker, culprit] : culprits) culprit.ask("/v1/faults/hang?mode=sleep");
  for (const auto& [worker, culprit] : culprits) ASSERT_TRUE(is_hung(scene.server, worker));
  ::kill(scene.server.worker_pid(2), SIGKILL);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  EXPECT_EQ(scene.clients_of(2), 64) << "the others hang";
  EXPECT_TRUE(wait_until([&] { return scene.figures.moved(MoveReason::hang) >= 64; }))
      << "some from one that hangs to the next";
  scene.expect_unharmed(1);
}

TEST(ProtectionWhenAllHang, LosesOneRequestOfEach) {
  Scene scene(with({"--hang-after=500ms", "--kill-after=1s"}), kAllHabits);
  scene.settle();
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
