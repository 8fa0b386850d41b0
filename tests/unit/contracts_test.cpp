// What headers promise and only an assert checks: breaches that would otherwise show much later, as
// a wrong figure or a lost batch. Where asserts are off there is nothing to test.
#include <gtest/gtest.h>

#ifndef NDEBUG

#include <unistd.h>

#include <csignal>
#include <thread>

#include "bus/member.h"
#include "forkscope/telemetry/segment.h"
#include "os/child_process.h"
#include "store/todo_store.h"
#include "store/write_turn.h"
#include "supervisor/restart_policy.h"
#include "support/temp_dir.h"

namespace forkscope {
namespace {

using telemetry::Method;
using telemetry::Segment;
using telemetry::SlotWriter;

/// In the process that dies: what was made before its fork belongs to another one.
SlotWriter new_slot(std::uint32_t slot = 0) {
  static const Segment kSegment = Segment::create({.slots = 2});
  return kSegment.slot(slot);
}

void end_the_second_of_two() {
  SlotWriter slot = new_slot();
  slot.begin_request(1, Method::post, "/v1/todos", 1);
  auto second = slot.begin_request(2, Method::post, "/v1/todos", 2);
  slot.end_request(second, 3, 201, 0);
}

void end_twice() {
  SlotWriter slot = new_slot();
  auto request = slot.begin_request(1, Method::get, "/", 1);
  slot.end_request(request, 2, 200, 0);
  slot.end_request(request, 3, 200, 0);
}

void end_before_the_begin() {
  SlotWriter slot = new_slot();
  auto request = slot.begin_request(2, Method::get, "/", 1);
  slot.end_request(request, 1, 200, 0);
}

void end_before_the_latest_end() {
  SlotWriter slot = new_slot();
  auto first = slot.begin_request(1, Method::get, "/", 1);
  auto second = slot.begin_request(1, Method::get, "/", 2);
  slot.end_request(first, 3, 200, 0);
  slot.end_request(second, 2, 200, 0);
}

void begin_a_generation_anew() {
  SlotWriter slot = new_slot();
  slot.start_generation(1, 1);
  slot.start_generation(1, 2);
}

void succeed_an_unsettled_one() {
  SlotWriter slot = new_slot();
  slot.start_generation(1, 1);
  slot.begin_request(2, Method::get, "/", 1);
  slot.start_generation(2, 3);
}

TEST(SlotWriterContract, RequestsEndOnceAndInTheOrderInWhichTheyBegan) {
  EXPECT_DEATH(end_the_second_of_two(), "in the order in which they began");
  EXPECT_DEATH(end_twice(), "a request ends once");
}

TEST(SlotWriterContract, TimeDoesNotGoBack) {
  EXPECT_DEATH(end_before_the_begin(), "ends after it began");
  EXPECT_DEATH(end_before_the_latest_end(), "end in the order of time");
}

TEST(SlotWriterContract, GenerationsGrowAndAreSettledFirst) {
  EXPECT_DEATH(begin_a_generation_anew(), "generations only grow");
  EXPECT_DEATH(succeed_an_unsettled_one(), "is settled");
}

TEST(SlotWriterContract, HasOneThreadInOneProcess) {
  SlotWriter of_another_process = new_slot();
  EXPECT_DEATH(of_another_process.idle(), "one writer, in one process");
  const auto from_another_thread = [] {
    SlotWriter slot = new_slot();
    std::thread([&] { slot.idle(); }).join();
  };
  EXPECT_DEATH(from_another_thread(), "one writer, in one process");
}

TEST(SegmentContract, GivesThePrimarysLanesToThePrimaryAlone) {
  const Segment of_another_process = Segment::create({.slots = 2});
  EXPECT_DEATH(of_another_process.roster(0), "is_primary");
  EXPECT_DEATH(of_another_process.events(), "is_primary");
  EXPECT_DEATH(of_another_process.beat(), "is_primary");
}

TEST(SegmentContract, HasNoOtherSlots) { EXPECT_DEATH(new_slot(2), "slot < header_.slot_count"); }

TEST(MemberContract, HasOneThreadInOneProcess) {
  bus::Bus bus(2);
  bus::Member of_another_process(bus, 0);
  EXPECT_DEATH(of_another_process.publish("x"), "owner_.is_here");
  EXPECT_DEATH(of_another_process.receive([](auto&) {}, [](auto, auto) {}), "owner_.is_here");
}

TEST(WriteTurnContract, IsOpenedAfterTheFork) {
  const support::TempDir directory;
  store::WriteTurn of_another_process(directory.path() / "turn");
  EXPECT_DEATH(of_another_process.try_take(), "shared by it");
}

TEST(WriteTurnContract, OnlyItsHolderCommits) {
  const support::TempDir directory;
  store::WriteTurn turn(directory.path() / "turn");
  EXPECT_DEATH(turn.announce_commit(), "only the holder of the turn");
}

TEST(TodoStoreContract, BatchesDoNotOverlap) {
  const support::TempDir directory;
  const auto begin_twice = [&] {
    auto store = store::TodoStore::open(directory.path() / "todos.db");
    store.begin_writes();
    store.begin_writes();
  };
  EXPECT_DEATH(begin_twice(), "!open_");
  const auto ask_within_a_batch = [&] {
    auto store = store::TodoStore::open(directory.path() / "todos.db");
    store.begin_writes();
    store.content_version();
  };
  EXPECT_DEATH(ask_within_a_batch(), "not committed");
}

TEST(ChildProcessContract, WhoeverForksMustReap) {
  const auto forget_a_child = [] {
    auto child = os::ChildProcess::fork({}, [] { return 0; }).value();
    child = os::ChildProcess();
  };
  EXPECT_DEATH(forget_a_child(), "whoever forks must reap");
}

TEST(ChildProcessContract, NobodyElseReaps) {
  const auto reap_what_is_gone = [] {
    ::signal(SIGCHLD, SIG_IGN);  // the kernel reaps (waitid(2))
    auto child = os::ChildProcess::fork({}, [] { return 0; }).value();
    while (::kill(child.pid(), 0) == 0) ::usleep(1000);
    child.reap();
  };
  EXPECT_DEATH(reap_what_is_gone(), "nobody else reaps");
}

TEST(RestartPolicyContract, NobodyDiesBeforeTheFork) {
  supervisor::RestartPolicy policy;
  EXPECT_DEATH(policy.delay_after_death(supervisor::Death::own, 2, 1, 0), "forked_ns <= died_ns");
}

}  // namespace
}  // namespace forkscope

#endif
