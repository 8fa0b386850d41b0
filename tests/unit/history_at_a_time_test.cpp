// Whatever a moment is asked for, it shows what was known then, and nothing that came later.
#include <gtest/gtest.h>

#include "event_builder.h"
#include "history/history.h"
#include "picture_builder.h"

namespace forkscope::history {
namespace {

using telemetry::WorkerState;
using test::crowd;
using test::event;
using test::hung;
using test::kMillisecond;
using test::kSecond;
using test::kStart;
using test::picture;

TEST(HistoryAtATime, AnIncidentIsNotKnownBeforeItIsDeclared) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  const std::vector<telemetry::EventRecord> events = {
      hung(kStart + 3 * kSecond, 1, 1, kStart + kSecond, "GET /a"),
      event(kStart + 6 * kSecond, telemetry::EventKind::abort, 1, 1),
      test::exited(kStart + 7 * kSecond, 1, 1, telemetry::ExitCause::signaled, SIGABRT, 1),
      event(kStart + 8 * kSecond, telemetry::EventKind::listening, 1, 2)};
  history.add(picture(kStart + 9 * kSecond, 0), {}, events);

  EXPECT_TRUE(history.incidents(kStart + 3 * kSecond - 1).empty());
  const auto declared = history.incidents(kStart + 3 * kSecond);
  ASSERT_EQ(declared.size(), 1U);
  EXPECT_TRUE(declared[0].open());
  EXPECT_EQ(declared[0].abort_ns, 0U);
  EXPECT_EQ(declared[0].exit_ns, 0U);
  EXPECT_NE(history.incidents(kStart + 6 * kSecond)[0].abort_ns, 0U);
  const auto dead = history.incidents(kStart + 7 * kSecond);
  EXPECT_EQ(dead[0].exit_code, static_cast<std::uint32_t>(SIGABRT));
  EXPECT_EQ(dead[0].abandoned, 1U);
  EXPECT_TRUE(dead[0].open());
  EXPECT_FALSE(history.incidents(kStart + 8 * kSecond)[0].open());
  EXPECT_EQ(history.incidents(kStart + 8 * kSecond)[0].id, declared[0].id);
}

TEST(HistoryAtATime, IncidentsAreFoundInBothDirections) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  const std::vector<telemetry::EventRecord> events = {
      test::exited(kStart + kSecond, 1, 1, telemetry::ExitCause::signaled, SIGKILL),
      test::exited(kStart + 3 * kSecond, 2, 1, telemetry::ExitCause::signaled, SIGKILL)};
  picture::Snapshot last = picture(kStart + 4 * kSecond, 0);
  history.add(last, {}, events);
  EXPECT_EQ(history.previous_incident(kStart + kSecond), nullptr);
  EXPECT_EQ(history.previous_incident(kStart + 3 * kSecond)->worker, 1U);
  EXPECT_EQ(history.previous_incident(kStart + 9 * kSecond)->worker, 2U);
  EXPECT_EQ(history.next_incident(kStart)->worker, 1U);
  EXPECT_EQ(history.next_incident(kStart + kSecond)->worker, 2U);
  EXPECT_EQ(history.next_incident(kStart + 3 * kSecond), nullptr);
}

TEST(HistoryAtATime, CaptureGoesOnAndThePastStays) {
  History history;
  for (std::uint64_t i = 0; i <= 20; ++i) history.add(crowd(3, i), {}, {});
  const std::uint64_t moment = kStart + kSecond;
  const auto bins = history.worker_bins(2, moment, 10);
  const auto requests = history.at(moment).workers[1].requests;
  for (std::uint64_t i = 21; i <= 200; ++i) history.add(crowd(3, i), {}, {});
  EXPECT_EQ(history.at(moment).workers[1].requests, requests);
  const auto later = history.worker_bins(2, moment, 10);
  for (std::size_t i = 0; i < bins.size(); ++i) EXPECT_EQ(bins[i].requests, later[i].requests);
}

TEST(HistoryAtATime, LostRecordsAreAGapWithItsNumber) {
  History history;
  picture::Snapshot snapshot = picture(kStart, 0);
  history.add(snapshot, {}, {});
  for (std::uint64_t i = 1; i <= 10; ++i) {
    snapshot.time_ns += 100 * kMillisecond;
    if (i == 5) {
      snapshot.totals.lost_records = 47;
      snapshot.totals.lost_events = 5;
    }
    history.add(snapshot, {}, {});
  }
  std::vector<TimeBin> bins(10);
  history.timeline(kStart + kSecond, bins);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    EXPECT_EQ(bins[i].answers_lost, i == 4 ? 42U : 0U) << i;
    EXPECT_EQ(bins[i].events_lost, i == 4 ? 5U : 0U) << i;
    EXPECT_TRUE(bins[i].seen);
  }
}

TEST(HistoryAtATime, TheTimelineCountsFromTheFirstRequestAndNotWhatWasBefore) {
  History fresh;
  fresh.add(picture(kStart, 0), {}, {});
  picture::Snapshot later = picture(kStart + 100 * kMillisecond, 0);
  later.totals.requests = 7;
  fresh.add(later, {}, {});
  History late;
  picture::Snapshot old = picture(kStart, 0);
  old.totals.requests = 1'000'000;
  late.add(old, {}, {});
  old.time_ns += 100 * kMillisecond;
  old.totals.requests += 7;
  late.add(old, {}, {});
  for (const History* history : {&fresh, &late}) {
    std::vector<TimeBin> bins(20);
    history->timeline(kStart + kSecond, bins);
    float sum = 0;
    for (const TimeBin& bin : bins) sum += bin.requests;
    EXPECT_EQ(sum, 7);
  }
}

TEST(HistoryAtATime, ASilenceIsAGapOfItsFullLengthAndItsRequestsAreSpreadOverIt) {
  History history;
  history.add(picture(kStart, 0, WorkerState::busy), {}, {});
  picture::Snapshot after = picture(kStart + 3 * kSecond, 300, WorkerState::busy);
  after.totals.requests = 300;
  picture::Snapshot before = picture(kStart + 100 * kMillisecond, 0, WorkerState::busy);
  before.totals.requests = 10;
  history.add(before, {}, {});
  after.totals.requests = 310;
  history.add(after, {}, {});
  history.add(picture(kStart + 3'100 * kMillisecond, 300, WorkerState::busy), {}, {});
  std::vector<TimeBin> bins(28);  // 200 ms to 3 s
  history.timeline(kStart + 3 * kSecond, bins);
  const auto workers = history.worker_bins(1, kStart + 3 * kSecond, bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    EXPECT_FALSE(bins[i].seen) << i;
    EXPECT_EQ(workers[i].state, WorkerState::unknown) << i;
    EXPECT_NEAR(bins[i].requests, 300.0 / 29, 1) << i;
    EXPECT_NEAR(workers[i].requests, 300.0 / 29, 1) << i;
  }
  EXPECT_EQ(history.served(1, kStart + 4 * kSecond, 100), 300);
}

TEST(HistoryAtATime, LatenciesStandInTheirTimeAndRow) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  const std::vector<picture::LatencyCount> latency = {{1, picture::latency_row(kMillisecond), 97},
                                                      {1, picture::latency_row(kSecond), 3}};
  history.add(picture(kStart + 100 * kMillisecond, 100), {}, {}, latency);
  history.add(picture(kStart + 200 * kMillisecond, 100), {}, {});
  const picture::LatencyColumn column = history.latency(kStart + 200 * kMillisecond, 2);
  EXPECT_EQ(column[picture::latency_row(kMillisecond)], 97U);
  EXPECT_EQ(column[picture::latency_row(kSecond)], 3U);
  EXPECT_NEAR(picture::quantile_ns(column, 0.5), 1e6, 2e5);
  EXPECT_NEAR(picture::quantile_ns(column, 0.99), 1e9, 2e8);
  EXPECT_EQ(picture::quantile_ns(history.latency(kStart, 5), 0.5), 0);
  const auto bins = history.worker_bins(1, kStart + 100 * kMillisecond, 1);
  EXPECT_EQ(bins[0].median_row, picture::latency_row(kMillisecond));
  EXPECT_EQ(bins[0].slowest_row, picture::latency_row(kSecond));
}

TEST(HistoryAtATime, AnswersBetweenTwoMomentsComeOnceAndInOrder) {
  History history;
  std::vector<picture::Answer> answers;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    picture::Answer answer;
    answer.id = i;
    answer.end_ns = kStart + i * 30 * kMillisecond;
    answers.push_back(answer);
  }
  history.add(picture(kStart, 0), {}, {});
  history.add(picture(kStart + kSecond, 20), answers, {});
  std::uint64_t next = 1;
  for (std::uint64_t t = kStart; t < kStart + kSecond; t += 33 * kMillisecond) {
    for (const picture::Answer& answer : history.answers_between(t, t + 33 * kMillisecond)) {
      EXPECT_EQ(answer.id, next++);
    }
  }
  EXPECT_EQ(next, 21U);
}

}  // namespace
}  // namespace forkscope::history
