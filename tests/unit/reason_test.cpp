#include "words/reason.h"

#include <gtest/gtest.h>

#include "event_builder.h"

namespace forkscope::words {
namespace {

using telemetry::EventKind;
using telemetry::EventRecord;
using telemetry::MoveReason;
using telemetry::WorkerReport;
using telemetry::WorkerState;
using test::event;
using test::kMillisecond;
using test::kSecond;
using test::moved;

constexpr std::uint64_t kStart = 100 * kSecond;

EventRecord reload(std::uint64_t time_ns, bool begins) {
  EventRecord record = event(time_ns, EventKind::reload, 0, 0);
  record.exit_code = begins ? 1 : 0;
  return record;
}

/// Two workers; the first serves ten requests in each tenth of a second.
class ReasonsTest : public testing::Test {
 protected:
  ReasonsTest() {
    picture_.attachment = picture::Attachment::live;
    picture_.server.target_workers = 2;
    for (std::uint32_t number = 1; number <= 2; ++number) {
      WorkerReport worker;
      worker.number = number;
      worker.generation = 1;
      worker.pid = 4700 + number;
      worker.state = WorkerState::idle;
      worker.ready_ns = kStart - 100 * kSecond;
      picture_.workers.push_back(worker);
    }
    picture_.workers[0].connections = 8;
    look(kStart);
  }

  /// Looks until that moment; what happens in between is in `events`.
  void look(std::uint64_t until_ns, std::vector<EventRecord> events = {}) {
    do {
      picture_.time_ns = std::max(picture_.time_ns + 100 * kMillisecond, kStart - kSecond);
      if (served_by_first_) picture_.workers[0].requests += 10;
      history_.add(picture_, {},
                   picture_.time_ns >= until_ns ? events : std::vector<EventRecord>{});
    } while (picture_.time_ns < until_ns);
  }

  std::string reason(std::uint32_t number) const {
    const std::uint64_t now_ns = history_.newest_ns();
    const picture::Snapshot& now = history_.at(now_ns);
    const auto incidents = history_.incidents(now_ns);
    for (const WorkerReport& worker : now.workers) {
      if (worker.number == number) return Reasons(history_, now_ns, now, incidents).of(worker);
    }
    return "no such worker";
  }

  WorkerReport& second() { return picture_.workers[1]; }

  picture::Snapshot picture_;
  history::History history_;
  bool served_by_first_ = true;
};

TEST_F(ReasonsTest, WhoServesNeedsNone) {
  EXPECT_EQ(reason(1), "");
  ++second().requests;
  look(kStart + 100 * kMillisecond);
  EXPECT_EQ(reason(2), "");
}

TEST_F(ReasonsTest, WhoIsQuietWhileOthersServeHasNoClientOrItsClientsAskNothing) {
  EXPECT_EQ(reason(2), "no client has a connection here");
  second().connections = 1;
  look(kStart + 100 * kMillisecond);
  EXPECT_EQ(reason(2), "its client asks nothing now");
  second().connections = 3;
  look(kStart + 200 * kMillisecond);
  EXPECT_EQ(reason(2), "its 3 clients ask nothing now");
}

TEST_F(ReasonsTest, WhereNobodyServesThereIsNothingToExplain) {
  served_by_first_ = false;
  look(kStart + 2 * kSecond);
  EXPECT_EQ(reason(2), "");
}

TEST_F(ReasonsTest, WhoRecoversWaitsForThoseThatHaveMoved) {
  look(kStart + 3 * kSecond, {test::hung(kStart + 2 * kSecond, 2, 1, kStart, "idle"),
                              moved(kStart + 2 * kSecond, 2, 1, MoveReason::hang, 8, "1:8")});
  look(kStart + 4 * kSecond, {event(kStart + 4 * kSecond, EventKind::recovered, 2, 1)});
  EXPECT_EQ(reason(2), "no client has come back yet");
  ++second().requests;  // one has, and has gone
  look(kStart + 5 * kSecond);
  look(kStart + 7 * kSecond);
  EXPECT_EQ(reason(2), "no client has a connection here");
}

TEST_F(ReasonsTest, WhoseClientsHaveNotMovedMayNeverHaveHadAny) {
  look(kStart + 3 * kSecond, {test::hung(kStart + 2 * kSecond, 2, 1, kStart, "idle")});
  look(kStart + 4 * kSecond, {event(kStart + 4 * kSecond, EventKind::recovered, 2, 1)});
  EXPECT_EQ(reason(2), "no client has come yet");
}

TEST_F(ReasonsTest, ANewcomerWaitsForItsFirstClient) {
  second().generation = 2;
  second().ready_ns = kStart;
  look(kStart + kSecond);
  EXPECT_EQ(reason(2), "no client has come yet");
  look(kStart + 70 * kSecond);
  EXPECT_EQ(reason(2), "no client has a connection here");
}

TEST_F(ReasonsTest, WhoLeavesSaysWhatForAndTheExtraWorkerOfAReloadWhatItIs) {
  EventRecord fork = event(kStart, EventKind::fork, 3, 1);
  fork.text_bytes = static_cast<std::uint16_t>(std::string_view("stands in").copy(fork.text, 9));
  picture_.workers.push_back(second());
  picture_.workers[2].number = 3;
  look(kStart + 100 * kMillisecond, {reload(kStart, true), fork});
  EXPECT_EQ(reason(3), "stands in during the reload");
  second().state = WorkerState::draining;
  look(kStart + 200 * kMillisecond, {event(picture_.time_ns, EventKind::disconnect, 2, 1)});
  EXPECT_EQ(reason(2), "leaves: its successor follows");
  second().state = WorkerState::idle;
  second().generation = 2;
  picture_.workers[2].state = WorkerState::draining;
  look(kStart + 300 * kMillisecond,
       {reload(picture_.time_ns, false), event(picture_.time_ns, EventKind::disconnect, 3, 1)});
  EXPECT_EQ(reason(3), "leaves: it stood in during the reload");
}

TEST_F(ReasonsTest, WhoLeavesForAScalingOrTheEndOfTheServerSaysSo) {
  EventRecord scale = event(kStart, EventKind::scale, 0, 0);
  scale.exit_code = 1;
  second().state = WorkerState::draining;
  look(kStart + 100 * kMillisecond, {scale, event(kStart, EventKind::disconnect, 2, 1)});
  EXPECT_EQ(reason(2), "leaves: fewer workers are wanted");
  picture_.server.draining = true;
  look(kStart + 200 * kMillisecond);
  EXPECT_EQ(reason(2), "leaves: the server stops");
}

TEST_F(ReasonsTest, WhatIsNotKnownIsNotSaid) {
  second().state = WorkerState::draining;
  look(kStart + 100 * kMillisecond);
  EXPECT_EQ(reason(2), "");
  picture_.workers.push_back(
      picture_.workers[0]);  // above the number that is wanted, and no reload
  picture_.workers[2].number = 3;
  look(kStart + 200 * kMillisecond);
  EXPECT_NE(reason(3), "stands in during the reload");
}

}  // namespace
}  // namespace forkscope::words
