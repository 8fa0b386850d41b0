#include "live/segment_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "forkscope/telemetry/segment.h"

namespace forkscope::live {
namespace {

using telemetry::RosterState;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kLookNs = 100 * kMs;  // as often as rates and latencies are looked at

/// A server of four slots whose workers come, answer and go as a test says, looked at by a reader
/// at moments that the test says as well.
class SegmentReaderTest : public ::testing::Test {
 protected:
  static telemetry::Segment segment() {
    telemetry::SegmentOptions options;
    options.slots = 4;
    options.port = 8000;
    return telemetry::Segment::create(options);
  }

  /// What the primary says of a slot.
  void put(std::uint32_t number, RosterState state) {
    telemetry::RosterRecord& roster = rosters_[number - 1];
    roster.pid = 4710 + number;
    roster.generation = 1;
    roster.state = static_cast<std::uint64_t>(state);
    segment_.roster(number - 1).write(roster);
  }

  void answer(std::uint32_t number, int requests, std::uint64_t duration_ns) {
    telemetry::SlotWriter slot = segment_.slot(number - 1);
    for (int i = 0; i < requests; ++i) {
      auto request = slot.begin_request(now_ns_, telemetry::Method::get, "/v1/todos", 1);
      slot.end_request(request, now_ns_ + duration_ns, 200, 2);
    }
  }

  const picture::Totals& look() {
    now_ns_ += kLookNs;
    news_ = {};
    reader_.read(now_ns_, snapshot_, news_);
    return snapshot_.totals;
  }

  std::uint64_t counted(std::uint32_t number) const {
    std::uint64_t sum = 0;
    for (const picture::LatencyCount& count : news_.latency)
      sum += count.worker == number ? count.count : 0;
    return sum;
  }

  telemetry::Segment segment_ = segment();
  telemetry::RosterRecord rosters_[4] = {};
  std::uint64_t now_ns_ = 1'000'000 * kMs;
  SegmentReader reader_{telemetry::SegmentView::map_read_only(segment_.fd())};
  picture::Snapshot snapshot_;
  News news_;
};

TEST_F(SegmentReaderTest, ASlotThatLeavesTakesNoLatenciesOfTheOthersAlong) {
  put(1, RosterState::ready);
  put(2, RosterState::ready);
  answer(2, 5'000, 50 * kMs);
  look();
  answer(1, 95, 1 * kMs);
  answer(1, 5, 50 * kMs);
  look();
  put(2, RosterState::unused);
  EXPECT_NEAR(look().p50_ms, 1, 0.07);
  EXPECT_NEAR(look().p99_ms, 50, 3.5);
  EXPECT_EQ(snapshot_.workers.size(), 1U);
}

TEST_F(SegmentReaderTest, TellsWhoseMessageAnAnswerIs) {
  put(1, RosterState::ready);
  telemetry::SlotWriter slot = segment_.slot(0);
  for (const std::uint32_t from : {0U, 3U}) {
    auto request = slot.begin_request(now_ns_, telemetry::Method::put, "said", 0);
    request.is_heard_from(from);
    slot.end_request(request, now_ns_, 200, 2);
  }
  look();
  ASSERT_EQ(news_.answers.size(), 2U);
  EXPECT_EQ(news_.answers[0].heard_from, 0);
  EXPECT_EQ(news_.answers[1].heard_from, 3);
}

TEST_F(SegmentReaderTest, WhatASlotAnswersBeforeItLeavesIsCounted) {
  put(1, RosterState::ready);
  put(2, RosterState::draining);
  look();
  answer(2, 100, 50 * kMs);
  put(2, RosterState::unused);
  EXPECT_NEAR(look().p99_ms, 50, 3.5);
  EXPECT_EQ(counted(2), 100U);
}

TEST_F(SegmentReaderTest, ASlotThatComesBackBringsNoHistoryIntoTheLastSecond) {
  put(1, RosterState::ready);
  put(2, RosterState::unused);  // after a reload or two
  answer(2, 5'000, 50 * kMs);
  look();
  answer(1, 100, 1 * kMs);
  put(2, RosterState::ready);
  const picture::Totals& totals = look();
  EXPECT_NEAR(totals.p50_ms, 1, 0.07);
  EXPECT_NEAR(totals.p99_ms, 1, 0.07);
  EXPECT_EQ(counted(1), 100U);
  EXPECT_EQ(counted(2), 0U);
  answer(2, 100, 20 * kMs);
  EXPECT_NEAR(look().p99_ms, 20, 1.4);
  EXPECT_EQ(counted(2), 100U);
}

TEST_F(SegmentReaderTest, TheFirstAnswersOfANewSlotAreCounted) {
  put(1, RosterState::ready);
  look();
  put(2, RosterState::ready);
  answer(2, 10, 20 * kMs);
  look();
  EXPECT_EQ(counted(2), 10U);
}

TEST_F(SegmentReaderTest, WhatEndedBeforeTheFirstLookHasNoTime) {
  put(1, RosterState::ready);
  answer(1, 100, 20 * kMs);
  EXPECT_EQ(look().p99_ms, 0);
  EXPECT_TRUE(news_.latency.empty());
}

TEST_F(SegmentReaderTest, ConnectionsThatCameAndAreNotThereAreClosed) {
  put(1, RosterState::ready);
  put(2, RosterState::ready);
  EXPECT_EQ(look().closed, 0U);
  telemetry::SlotWriter first = segment_.slot(0);
  for (int i = 0; i < 5; ++i) first.accepted();
  first.connections_open(5);
  EXPECT_EQ(look().closed, 0U);
  first.connections_open(2);
  segment_.slot(1).connections_open(2);  // two have moved
  EXPECT_EQ(look().closed, 1U);
}

TEST(SegmentReaderOfPrograms, TellsAllThatIsInHandAndNotHowManyConnectionsCame) {
  telemetry::SegmentOptions options;
  options.slots = 1;
  options.runs_program = true;
  const telemetry::Segment segment = telemetry::Segment::create(options);
  telemetry::RosterRecord roster{};
  roster.pid = 4711;
  roster.generation = 1;
  roster.state = static_cast<std::uint64_t>(RosterState::ready);
  segment.roster(0).write(roster);
  telemetry::SlotWriter slot = segment.slot(0);
  slot.begin_in_any_order(kMs, telemetry::Method::get, "/a");
  slot.begin_in_any_order(kMs, telemetry::Method::get, "/b");
  slot.report_taken();
  slot.report_taken();
  slot.report_ignored();
  slot.connections_open(3);
  SegmentReader reader(telemetry::SegmentView::map_read_only(segment.fd()));
  picture::Snapshot snapshot;
  News news;
  reader.read(1'000 * kMs, snapshot, news);
  EXPECT_EQ(snapshot.totals.in_flight, 2U);
  EXPECT_FALSE(snapshot.totals.closed);
  ASSERT_TRUE(snapshot.workers.at(0).program);
  EXPECT_EQ(snapshot.workers[0].program->reports, 2U);
  EXPECT_EQ(snapshot.workers[0].program->reports_ignored, 1U);
  EXPECT_EQ(snapshot.workers[0].connections, 3U);
}

TEST_F(SegmentReaderTest, WhatTheHeartbeatSaysOfConnectionsIsTold) {
  put(1, RosterState::ready);
  EXPECT_EQ(look().moved_in_all(), 0U);
  EXPECT_EQ(snapshot_.server.protection, telemetry::Protection::unknown);
  telemetry::BeatRecord beat{};
  beat.time_ns = now_ns_;
  beat.protection = static_cast<std::uint32_t>(telemetry::Protection::on);
  const std::array<std::uint64_t, 4> moved{15, 1, 30, 7};
  std::copy(moved.begin(), moved.end(), beat.moved);
  segment_.beat().write(beat);
  EXPECT_EQ(look().moved, moved);
  EXPECT_EQ(snapshot_.totals.moved_in_all(), 53U);
  EXPECT_EQ(snapshot_.server.protection, telemetry::Protection::on);
  beat.protection = 99;  // of a later version
  segment_.beat().write(beat);
  look();
  EXPECT_EQ(snapshot_.server.protection, telemetry::Protection::unknown);
}

TEST_F(SegmentReaderTest, WhoTakesNewConnectionsIsToldAndHowManyWaitInAQueue) {
  put(1, RosterState::ready);
  rosters_[0].queue_length = 3;
  rosters_[0].queue_limit = 4'096;
  put(1, RosterState::hung);
  telemetry::BeatRecord beat{};
  segment_.beat().write(beat);
  look();
  EXPECT_EQ(snapshot_.server.balance, telemetry::BalancePolicy::unknown);  // of an earlier version
  EXPECT_EQ(snapshot_.workers.at(0).queue_length, 3U);
  EXPECT_EQ(snapshot_.workers.at(0).queue_limit, 4'096U);
  beat.balance = static_cast<std::uint16_t>(telemetry::BalancePolicy::random);
  segment_.beat().write(beat);
  look();
  EXPECT_EQ(snapshot_.server.balance, telemetry::BalancePolicy::random);
  ++beat.balance;  // of a later version
  segment_.beat().write(beat);
  look();
  EXPECT_EQ(snapshot_.server.balance, telemetry::BalancePolicy::unknown);
}

TEST_F(SegmentReaderTest, RespawnsAndHangsOfASlotThatLeavesStayInTheTotals) {
  put(1, RosterState::ready);
  rosters_[1].respawns = 3;
  rosters_[1].hangs = 2;
  put(2, RosterState::ready);
  look();
  put(2, RosterState::unused);
  EXPECT_EQ(look().respawns, 3U);
  EXPECT_EQ(snapshot_.totals.hangs, 2U);
}

}  // namespace
}  // namespace forkscope::live
