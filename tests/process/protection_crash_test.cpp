// A worker that dies: whoever killed it loses its request, and nobody else notices. What was
// committed is told, what was not is run again, and nothing runs twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <ostream>
#include <string>

#include "protection_scene.h"
#include "support/faulty_disk.h"
#include "support/held_cores.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::FaultyDisk;
using support::HeldCores;
using support::todo;

/// There is always a batch under way somewhere.
const Habits kWriters = {{Habit::posts, 16}, {Habit::pipelines, 8}, {Habit::rests, 8}};

TEST(ProtectionFromCrashes, CostsOneRequestOfWhoeverCausedEach) {
  Scene scene(with({}), kAllHabits);
  long crashes = 0;
  for (const std::string how : {"segv", "abort", "exit"}) {
    SCOPED_TRACE(how);
    scene.settle();
    Culprit culprit(scene.server);
    const int share = scene.clients_of(culprit.worker);
    const int generation = scene.server.worker(culprit.worker)["generation"];
    const long moved = scene.figures.moved(MoveReason::crash);
    // It would do it again, and again: what has killed one worker is given to no other.
    const std::string crash = "GET /v1/faults/crash?how=" + how + " HTTP/1.1\r\nHost: x\r\n\r\n";
    culprit.connection.send(crash + crash + crash);
    EXPECT_TRUE(culprit.is_cut());
    ++crashes;
    ASSERT_TRUE(scene.is_back(culprit.worker, generation + 1));
    EXPECT_TRUE(scene.crowd.everybody_is_answered());
    scene.expect_unharmed(crashes);
    scene.expect_moved(MoveReason::crash, moved + share);
    EXPECT_EQ(support::count_in(scene.server.log(), " ended "), crashes);
  }
}

/// A client that says nothing may do so for a minute, and only one that has just connected for
/// less: also at the worker that has its connection now.
TEST(ProtectionFromAKill, LosesNothingBetweenTwoRequests) {
  Scene scene({.workers = kWorkers, .arguments = {"--head-timeout=1s"}}, kResting);
  scene.settle();
  for (int number = 1; number <= kWorkers; ++number) {
    const long moved = scene.figures.moved(MoveReason::crash);
    const int share = scene.clients_of(number);
    ::kill(scene.server.worker_pid(number), SIGKILL);
    ASSERT_TRUE(scene.is_back(number, 2));
    scene.expect_moved(MoveReason::crash, moved + share);
    if (number < kWorkers) scene.settle();
  }
  support::pass(1200ms);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(0);
}

/// Again and again, wherever it hits: in a handler, in a commit, in a flush. A kill costs what is
/// in hand, and no more.
TEST(ProtectionFromAKill, LosesNoTodoAndCountsWhatBreaks) {
  constexpr int kKills = 40;
  Scene scene(with({}), kWriters, 1ms);
  for (int i = 0; i < kKills; ++i) {
    const pid_t pid = scene.serving(1 + i % kWorkers);
    ASSERT_NE(pid, 0);
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(scene.wait_for_answers(20));
  }
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  const long lost = scene.figures.lost();
  EXPECT_LE(lost, kKills);
  scene.expect_broken(lost);
}

TEST(ProtectionFromAKill, LetsConnectionsWaitWhenAllDieAtOnce) {
  Scene scene(with({}), kAllHabits);
  scene.settle();
  for (const auto& [number, pid] : worker_pids(scene.server)) ::kill(pid, SIGKILL);
  for (int number = 1; number <= kWorkers; ++number) ASSERT_TRUE(scene.is_back(number, 2));
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_broken(scene.figures.lost());
}

// ── between the commit and the disk ──

TEST(ProtectionBeforeTheDisk, HasPeersTellWhatACrashedWorkerHasCommitted) {
  FaultyDisk disk;
  Scene scene({.workers = kWorkers, .environment = disk.environment()}, kResting);
  scene.settle();
  Culprit culprit(scene.server);
  std::deque<Culprit> writers;
  std::deque<Culprit> others;   // stay where they are, so that the next one goes elsewhere
  while (writers.size() < 3) {  // at the same worker
    Culprit writer(scene.server);
    (writer.worker == culprit.worker ? writers : others).push_back(std::move(writer));
  }
  disk.hold_syncs();
  for (Culprit& writer : writers) {
    writer.connection.send_request("POST", "/v1/todos", todo("committed"));
  }
  ASSERT_TRUE(wait_until([&] { return !disk.held().empty(); }));
  auto peers = worker_pids(scene.server);
  peers.erase(culprit.worker);
  culprit.ask("/v1/faults/crash?how=abort");
  EXPECT_TRUE(culprit.is_cut());
  ASSERT_TRUE(scene.is_back(culprit.worker, 2));
  const auto is_peer = [&](pid_t pid) {
    return std::ranges::any_of(peers, [&](const auto& peer) { return peer.second == pid; });
  };
  EXPECT_TRUE(wait_until([&] { return std::ranges::any_of(disk.held(), is_peer); }))
      << "who sends the answers asks the disk first";
  disk.release_syncs();
  for (Culprit& writer : writers) {
    EXPECT_EQ(writer.connection.read_response().status, 201);
  }
  EXPECT_EQ(std::ranges::count(support::titles(scene.server), "committed"), 3);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

// ── while the kernel writes a core ──

struct Crash {
  const char* how;
};
void PrintTo(const Crash& crash, std::ostream* out) { *out << crash.how; }

class ProtectionFromACore : public ::testing::TestWithParam<Crash> {};

/// A core of many gigabytes, or a slow disk for it: clients do not wait for either.
TEST_P(ProtectionFromACore, AnswersAllWhileItIsBeingWritten) {
  std::string pattern;
  std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
  if (pattern != "core") GTEST_SKIP() << "cores go elsewhere here: " << pattern;
  ServerOptions options = with({"--hang-after=1m"});
  options.dumps_core = true;
  Scene scene(options, kAllHabits);
  scene.settle();
  HeldCores cores(scene.server.directory());
  if (!cores) GTEST_SKIP() << "not allowed to hold files here";
  Culprit culprit(scene.server);
  culprit.ask("/v1/faults/crash?how=" + std::string(GetParam().how));
  ASSERT_TRUE(wait_until([&] { return cores.hold_one(); }));
  EXPECT_TRUE(scene.crowd.everybody_is_answered()) << "posts, too: the turn is free";
  EXPECT_EQ(scene.server.worker(culprit.worker)["generation"], 1) << "it is still dying";
  cores.release();
  ASSERT_TRUE(scene.is_back(culprit.worker, 2));
  EXPECT_TRUE(culprit.is_cut());
  scene.expect_unharmed(1);
}

INSTANTIATE_TEST_SUITE_P(EveryWay, ProtectionFromACore,
                         ::testing::Values(Crash{"segv"}, Crash{"abort"}),
                         [](const auto& test) { return test.param.how; });

// ── what cannot go on is lost, and counted ──

TEST(ProtectionHasLimits, LosesAResponseThatIsHalfSent) {
  Scene scene(with({}), kResting);
  scene.settle();
  Culprit culprit(scene.server);
  const long before = scene.figures.bytes_sent();
  culprit.ask("/v1/openapi.json");
  ASSERT_EQ(culprit.connection.read_response().status, 200);
  long size = 0;
  ASSERT_TRUE(wait_until([&] { return (size = scene.figures.bytes_sent() - before) > 0; }));
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
  culprit.connection.send(requests);  // and reads little: all buffers are full in the end
  const auto is_half_sent = [&] {
    return scene.server.worker_state(culprit.worker) == "idle" &&
           (scene.figures.bytes_sent() - before) % size != 0;
  };
  int taken = 0;
  while (!wait_until(is_half_sent, 1s) && taken < 500) {
    EXPECT_EQ(culprit.connection.read_response().status, 200);
    ++taken;
  }
  ASSERT_LT(taken, 500);
  ::kill(scene.server.worker_pid(culprit.worker), SIGKILL);
  ASSERT_TRUE(scene.is_back(culprit.worker, 2));
  while (taken < 1000 && !culprit.is_cut()) ++taken;
  EXPECT_LT(taken, 1000);
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

TEST(ProtectionHasLimits, LosesABodyOfMoreThanTheLedgerHolds) {
  Scene scene(with({}), kResting);
  scene.settle();
  for (const std::size_t sent : {30'000, 100'000}) {
    Culprit culprit(scene.server);
    const long before = scene.figures.bytes_received();
    const int generation = scene.server.worker(culprit.worker)["generation"];
    culprit.connection.send(
        "POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 200000\r\n\r\n" +
        std::string(sent, ' '));
    ASSERT_TRUE(wait_until(
        [&] { return scene.figures.bytes_received() > before + static_cast<long>(sent); }));
    ::kill(scene.server.worker_pid(culprit.worker), SIGKILL);
    ASSERT_TRUE(scene.is_back(culprit.worker, generation + 1));
    if (sent == 30'000) {
      const std::string body = todo("long");
      culprit.connection.send(std::string(200'000 - sent - body.size(), ' ') + body);
      EXPECT_EQ(culprit.connection.read_response().status, 201);
    } else {
      EXPECT_TRUE(culprit.is_cut());
    }
  }
  EXPECT_TRUE(scene.crowd.everybody_is_answered());
  scene.expect_unharmed(1);
}

}  // namespace
}  // namespace forkscope
