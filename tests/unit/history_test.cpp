#include "model/history.h"

#include <gtest/gtest.h>

#include <numeric>

#include "event_builder.h"

namespace forkscope::model {
namespace {

using telemetry::WorkerState;
using test::event;
using test::hung;
using test::kMillisecond;
using test::kSecond;

constexpr std::uint64_t kStart = 5'000 * kSecond;

Snapshot picture(std::uint64_t time_ns, std::uint64_t requests,
                 WorkerState state = WorkerState::idle) {
  Snapshot snapshot;
  snapshot.attachment = Attachment::live;
  snapshot.time_ns = time_ns;
  snapshot.server.instance_id = 1;
  telemetry::WorkerReport worker;
  worker.number = 1;
  worker.generation = 1;
  worker.state = state;
  worker.requests = requests;
  snapshot.workers.push_back(worker);
  snapshot.cores.push_back({0, 0.5, {1}});
  return snapshot;
}

float sum_of(const std::vector<WorkerBin>& bins) {
  return std::accumulate(bins.begin(), bins.end(), 0.0F,
                         [](float sum, const WorkerBin& bin) { return sum + bin.requests; });
}

TEST(History, CountsRequestsFromTheFirstPictureOn) {
  History history;
  history.add(picture(kStart, 1'000), {}, {});
  history.add(picture(kStart + 50 * kMillisecond, 1'007), {}, {});
  history.add(picture(kStart + 150 * kMillisecond, 1'010), {}, {});
  const auto bins = history.worker_bins(1, kStart + 200 * kMillisecond, 2);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].requests, 6);  // ten in 150 ms
  EXPECT_EQ(bins[1].requests, 4);
}

TEST(History, SpreadsRequestsOverTheTimeBetweenTwoPictures) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  history.add(picture(kStart + 400 * kMillisecond, 40, WorkerState::busy), {}, {});
  const auto bins = history.worker_bins(1, kStart + 400 * kMillisecond, 4);
  for (const WorkerBin& bin : bins) EXPECT_NEAR(bin.requests, 10, 1e-3);
  EXPECT_EQ(bins[3].state, WorkerState::busy);
}

TEST(History, TheWorstStateOfABinWins) {
  History history;
  history.add(picture(kStart, 0, WorkerState::idle), {}, {});
  const std::vector<telemetry::EventRecord> events = {
      hung(kStart + 20 * kMillisecond, 1, 1, kStart, "GET /a")};
  history.add(picture(kStart + 20 * kMillisecond, 0, WorkerState::hung), {}, events);
  history.add(picture(kStart + 40 * kMillisecond, 0, WorkerState::idle), {}, {});
  EXPECT_EQ(history.worker_bins(1, kStart + 100 * kMillisecond, 1)[0].state, WorkerState::hung);
}

TEST(History, AGapStaysEmpty) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  history.add(picture(kStart + 10 * kSecond, 0), {}, {});
  const auto bins = history.worker_bins(1, kStart + 9 * kSecond, 50);
  for (const WorkerBin& bin : bins) EXPECT_EQ(bin.state, WorkerState::unknown);
}

TEST(History, WhatWasNeverSeenIsEmpty) {
  const History history;
  EXPECT_EQ(history.worker_bins(7, kStart, 30).size(), 30U);
  EXPECT_EQ(history.core_bins(7, kStart, 30).size(), 30U);
  EXPECT_EQ(history.worker_bins(1, 0, 3).size(), 3U);
  EXPECT_TRUE(history.answers(kStart, 10).empty());
  EXPECT_EQ(history.at(kStart).attachment, Attachment::searching);
}

TEST(History, ANewServerStartsItsCountsAnew) {
  History history;
  history.add(picture(kStart, 1'000), {}, {});
  Snapshot restarted = picture(kStart + 100 * kMillisecond, 3);
  restarted.server.instance_id = 2;
  history.add(restarted, {}, {});
  restarted.time_ns += 100 * kMillisecond;
  restarted.workers[0].requests = 8;
  history.add(restarted, {}, {});
  EXPECT_FLOAT_EQ(sum_of(history.worker_bins(1, kStart + kSecond, 20)), 5);
}

TEST(History, ThePictureOfAMomentIsTheNewestThatIsNotYounger) {
  History history;
  for (std::uint64_t i = 0; i <= 100; ++i) {
    history.add(picture(kStart + i * 100 * kMillisecond, i), {}, {});
  }
  EXPECT_EQ(history.at(kStart + 5 * kSecond).workers[0].requests, 50U);
  EXPECT_EQ(history.at(kStart + 5 * kSecond + 99 * kMillisecond).workers[0].requests, 50U);
  EXPECT_EQ(history.at(kStart + 3600 * kSecond).workers[0].requests, 100U);
  EXPECT_EQ(history.at(kStart - 1).attachment, Attachment::searching);
}

TEST(History, ReachesTenMinutesBackAndNoFurther) {
  History history;
  for (std::uint64_t i = 0; i <= 7'000; ++i) {
    history.add(picture(kStart + i * 100 * kMillisecond, i), {}, {});
  }
  const std::uint64_t now = kStart + 700 * kSecond;
  EXPECT_EQ(history.at(now - 590 * kSecond).workers[0].requests, 1'100U);
  EXPECT_EQ(history.at(now - 690 * kSecond).attachment, Attachment::searching);
  EXPECT_NEAR(sum_of(history.worker_bins(1, now, kHistoryBins)), kHistoryBins, 2);
  EXPECT_FLOAT_EQ(sum_of(history.worker_bins(1, now - 600 * kSecond, 100)), 0);
  EXPECT_FLOAT_EQ(history.core_bins(0, now, 1)[0], 0.5F);
}

/// `count` busy workers, each with a request in its hands, as of picture `i` of a run at ten per
/// second.
Snapshot crowd(std::size_t count, std::uint64_t i) {
  Snapshot snapshot = picture(kStart + i * 100 * kMillisecond, 0, WorkerState::busy);
  telemetry::WorkerReport worker = snapshot.workers[0];
  snapshot.workers.clear();
  for (std::uint32_t number = 1; number <= count; ++number) {
    worker.number = number;
    worker.pid = 4'000 + number;
    worker.core = static_cast<std::uint32_t>((number + i) % 64);
    worker.requests = (1'000 + number) * i;
    worker.requests_per_second = 160 + static_cast<double>((number * 7 + i * 13) % 40);
    worker.busy_since_ns = snapshot.time_ns - 1'000 * ((number * 31 + i * 17) % 997);
    worker.in_flight = telemetry::InFlight{worker.requests + 1, worker.busy_since_ns, number,
                                           telemetry::Method::get,
                                           "/v1/todos/" + std::to_string((number * 7 + i) % 500)};
    snapshot.workers.push_back(worker);
    snapshot.totals.requests += worker.requests;
  }
  return snapshot;
}

TEST(History, KeepsEveryPictureOfManyWorkersWithinItsBudget) {
  constexpr std::size_t kWorkers = 256;
  History history;
  std::vector<Answer> answers(2 * kAnswersPerFrame);
  for (std::uint64_t i = 0; i <= 6'100; ++i) {
    const Snapshot snapshot = crowd(kWorkers, i);
    for (Answer& answer : answers) answer.end_ns = snapshot.time_ns - kMillisecond;
    history.add(snapshot, answers, {});
  }
  EXPECT_LE(history.picture_bytes(), kPictureBudget);
  for (std::uint64_t i = 6'099; i > 110; i -= 599) {
    const Snapshot wanted = crowd(kWorkers, i);
    const Snapshot& found = history.at(wanted.time_ns + 99 * kMillisecond);
    ASSERT_EQ(found.time_ns, wanted.time_ns);
    ASSERT_EQ(found.workers.size(), kWorkers);
    for (std::size_t w = 0; w < kWorkers; ++w) {
      EXPECT_EQ(found.workers[w].requests, wanted.workers[w].requests);
      EXPECT_EQ(found.workers[w].in_flight->path, wanted.workers[w].in_flight->path);
      EXPECT_EQ(found.workers[w].busy_since_ns, wanted.workers[w].busy_since_ns);
    }
  }
}

TEST(History, BinsAddUpToEveryRequestOfTheWindow) {
  History history;
  std::uint64_t requests = 17;
  history.add(picture(kStart, requests), {}, {});
  for (std::uint64_t i = 1; i <= 997; ++i) {  // polls of a random walk, 7 to 60 ms apart
    requests += i * i % 53;
    history.add(picture(kStart + i * 7 * kMillisecond + i % 11, requests), {}, {});
  }
  const std::uint64_t end = history.newest_ns() + kSecond;
  history.add(picture(end, requests), {}, {});
  EXPECT_EQ(history.served(1, end + kSecond, 1'000), static_cast<double>(requests - 17));
}

TEST(History, AnswersAreTheLatestBeforeTheMomentNewestFirst) {
  History history;
  std::vector<Answer> answers;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    Answer answer;
    answer.id = i;
    answer.worker = 1;
    answer.end_ns = kStart + i * 50 * kMillisecond;
    answers.push_back(answer);
  }
  history.add(picture(kStart + kSecond, 10), answers, {});
  const auto latest = history.answers(kStart + 475 * kMillisecond, 3);
  ASSERT_EQ(latest.size(), 3U);
  EXPECT_EQ(latest[0].id, 9U);
  EXPECT_EQ(latest[1].id, 8U);
  EXPECT_EQ(latest[2].id, 7U);
}

TEST(History, KeepsTheLatestAnswersOfABinUnderLoad) {
  History history;
  std::vector<Answer> answers(1'000);
  for (std::uint64_t i = 0; i < answers.size(); ++i) {
    answers[i].id = i;
    answers[i].end_ns = kStart + i * 10'000;
  }
  history.add(picture(kStart + kSecond, 1'000), answers, {});
  const auto latest = history.answers(kStart + kSecond, 100);
  ASSERT_EQ(latest.size(), kAnswersPerFrame);
  EXPECT_EQ(latest.front().id, 999U);
  EXPECT_EQ(latest.back().id, 1'000U - kAnswersPerFrame);
}

TEST(History, AnAnswerFromTheFutureDoesNotWipeOutThePast) {
  History history;
  std::vector<Answer> answers(2);
  answers[0].end_ns = kStart;
  answers[1].end_ns = ~std::uint64_t{0};
  history.add(picture(kStart + kSecond, 2), answers, {});
  EXPECT_EQ(history.answers(kStart + 500 * kMillisecond, 10).size(), 1U);
}

TEST(History, ShareCountsTheWindow) {
  History history;
  Snapshot both = picture(kStart, 0);
  both.workers.push_back(both.workers[0]);
  both.workers[1].number = 2;
  for (std::uint64_t i = 0; i <= 30; ++i) {
    both.time_ns = kStart + i * 100 * kMillisecond;
    both.workers[0].requests = 3 * i;
    both.workers[1].requests = i;
    history.add(both, {}, {});
  }
  const auto shares = history.share(kStart + 3 * kSecond, kSecond);
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_NEAR(shares[0], 30, 1e-3);
  EXPECT_NEAR(shares[1], 10, 1e-3);
}

TEST(History, EventsAreTheLatestBeforeTheMoment) {
  History history;
  const std::vector<telemetry::EventRecord> events = {
      event(kStart, telemetry::EventKind::fork, 1, 1),
      event(kStart + kSecond, telemetry::EventKind::listening, 1, 1),
      event(kStart + 2 * kSecond, telemetry::EventKind::shutdown, 0, 0)};
  history.add(picture(kStart + 3 * kSecond, 0), {}, events);
  const auto latest = history.events(kStart + kSecond, 10);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].kind, static_cast<std::uint16_t>(telemetry::EventKind::listening));
}

TEST(History, OthersServedCountsFromTheStartOfTheHang) {
  History history;
  for (std::uint64_t i = 0; i <= 20; ++i) {
    // Worker 1 serves 7 in 100 ms until it hangs at 550 ms, the others 10 all the time.
    const std::uint64_t own = i <= 5 ? 7 * i : 38;
    Snapshot snapshot = picture(kStart + i * 100 * kMillisecond, own);
    snapshot.totals.requests = 1'000 + own + 10 * i;
    history.add(snapshot, {}, {});
  }
  Snapshot declared = picture(kStart + 2 * kSecond + 1, 38);
  declared.totals.requests = 1'238;
  const std::vector<telemetry::EventRecord> events = {
      hung(kStart + 2 * kSecond, 1, 1, kStart + 550 * kMillisecond, "GET /a", 1'238)};
  history.add(declared, {}, events);
  EXPECT_EQ(history.incidents().at(0).served_at_start, 1'000U + 38U + 55U);
}

TEST(History, AServerThatIsGoneClosesItsIncidents) {
  History history;
  const std::vector<telemetry::EventRecord> events = {
      hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a")};
  history.add(picture(kStart + 2 * kSecond, 0), {}, events);
  ASSERT_TRUE(history.incidents().at(0).open());
  Snapshot lost = picture(kStart + 3 * kSecond, 0);
  lost.attachment = Attachment::lost;
  history.add(lost, {}, {});
  EXPECT_FALSE(history.incidents().at(0).open());
}

TEST(History, AServerThatStopsInOneGoLeavesNoCrashesBehind) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  Snapshot lost = picture(kStart + kSecond, 0);
  lost.attachment = Attachment::lost;
  const std::vector<telemetry::EventRecord> events = {
      event(kStart + 500 * kMillisecond, telemetry::EventKind::shutdown, 0, 0),
      test::exited(kStart + 900 * kMillisecond, 1, 1, telemetry::ExitCause::signaled, SIGKILL)};
  history.add(lost, {}, events);
  EXPECT_TRUE(history.incidents().empty());
}

TEST(History, AWorkerThatIsGivenUpWhileDeadIsOver) {
  History history;
  const std::vector<telemetry::EventRecord> events = {
      test::exited(kStart, 2, 1, telemetry::ExitCause::signaled, SIGKILL)};
  Snapshot both = picture(kStart + kSecond, 0);
  both.workers.push_back(both.workers[0]);
  both.workers[1].number = 2;
  history.add(both, {}, events);
  ASSERT_TRUE(history.incidents().at(0).open());
  history.add(picture(kStart + 2 * kSecond, 0), {}, {});
  EXPECT_FALSE(history.incidents().at(0).open());
  EXPECT_FALSE(history.incidents().at(0).replaced);
}

// ── only what was known at the time ──────────────────────────────────────────────────────────────

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
  Snapshot last = picture(kStart + 4 * kSecond, 0);
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
  Snapshot snapshot = picture(kStart, 0);
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
  Snapshot later = picture(kStart + 100 * kMillisecond, 0);
  later.totals.requests = 7;
  fresh.add(later, {}, {});
  History late;
  Snapshot old = picture(kStart, 0);
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
  Snapshot after = picture(kStart + 3 * kSecond, 300, WorkerState::busy);
  after.totals.requests = 300;
  Snapshot before = picture(kStart + 100 * kMillisecond, 0, WorkerState::busy);
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
  const std::vector<LatencyCount> latency = {{1, latency_row(kMillisecond), 97},
                                             {1, latency_row(kSecond), 3}};
  history.add(picture(kStart + 100 * kMillisecond, 100), {}, {}, latency);
  history.add(picture(kStart + 200 * kMillisecond, 100), {}, {});
  const LatencyColumn column = history.latency(kStart + 200 * kMillisecond, 2);
  EXPECT_EQ(column[latency_row(kMillisecond)], 97U);
  EXPECT_EQ(column[latency_row(kSecond)], 3U);
  EXPECT_NEAR(quantile_ns(column, 0.5), 1e6, 2e5);
  EXPECT_NEAR(quantile_ns(column, 0.99), 1e9, 2e8);
  EXPECT_EQ(quantile_ns(history.latency(kStart, 5), 0.5), 0);
  const auto bins = history.worker_bins(1, kStart + 100 * kMillisecond, 1);
  EXPECT_EQ(bins[0].median_row, latency_row(kMillisecond));
  EXPECT_EQ(bins[0].slowest_row, latency_row(kSecond));
}

TEST(HistoryAtATime, AnswersBetweenTwoMomentsComeOnceAndInOrder) {
  History history;
  std::vector<Answer> answers;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    Answer answer;
    answer.id = i;
    answer.end_ns = kStart + i * 30 * kMillisecond;
    answers.push_back(answer);
  }
  history.add(picture(kStart, 0), {}, {});
  history.add(picture(kStart + kSecond, 20), answers, {});
  std::uint64_t next = 1;
  for (std::uint64_t t = kStart; t < kStart + kSecond; t += 33 * kMillisecond) {
    for (const Answer& answer : history.answers_between(t, t + 33 * kMillisecond)) {
      EXPECT_EQ(answer.id, next++);
    }
  }
  EXPECT_EQ(next, 21U);
}

TEST(Fairness, IsOneWhenAllAreAlikeAndOneNthWhenOneDoesEverything) {
  EXPECT_DOUBLE_EQ(fairness(std::vector<double>{5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(fairness(std::vector<double>{8, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(fairness(std::vector<double>{0, 0}), 1);
  EXPECT_DOUBLE_EQ(fairness({}), 1);
}

}  // namespace
}  // namespace forkscope::model
