#include "history/history.h"

#include <gtest/gtest.h>

#include <numeric>

#include "event_builder.h"
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

TEST(History, AWorkerThatWasAwayHasAnsweredSinceItCame) {
  History history;
  picture::Snapshot snapshot = picture(kStart, 0);
  picture::Snapshot both = snapshot;
  both.workers.push_back(both.workers[0]);
  both.workers[1].number = 2;
  history.add(both, {}, {});
  for (std::uint64_t i = 1; i < 30; ++i) {
    snapshot.time_ns = kStart + i * 100 * kMillisecond;
    history.add(snapshot, {}, {});
  }
  both.time_ns = kStart + 3 * kSecond;
  both.workers[1].generation = 2;
  both.workers[1].uptime_ns = 200 * kMillisecond;
  both.workers[1].requests = 40;
  history.add(both, {}, {});
  const auto bins = history.worker_bins(2, both.time_ns, 30);
  EXPECT_EQ(sum_of(bins), 40);
  EXPECT_EQ(sum_of({bins.end() - 3, bins.end()}), 40) << "none while its slot was nobody's";
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
  EXPECT_EQ(history.at(kStart).attachment, picture::Attachment::searching);
}

TEST(History, ANewServerStartsItsCountsAnew) {
  History history;
  history.add(picture(kStart, 1'000), {}, {});
  picture::Snapshot restarted = picture(kStart + 100 * kMillisecond, 3);
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
  EXPECT_EQ(history.at(kStart - 1).attachment, picture::Attachment::searching);
}

TEST(History, ReachesTenMinutesBackAndNoFurther) {
  History history;
  for (std::uint64_t i = 0; i <= 7'000; ++i) {
    history.add(picture(kStart + i * 100 * kMillisecond, i), {}, {});
  }
  const std::uint64_t now = kStart + 700 * kSecond;
  EXPECT_EQ(history.at(now - 590 * kSecond).workers[0].requests, 1'100U);
  EXPECT_EQ(history.at(now - 690 * kSecond).attachment, picture::Attachment::searching);
  EXPECT_NEAR(sum_of(history.worker_bins(1, now, kHistoryBins)), kHistoryBins, 2);
  EXPECT_FLOAT_EQ(sum_of(history.worker_bins(1, now - 600 * kSecond, 100)), 0);
  EXPECT_FLOAT_EQ(history.core_bins(0, now, 1)[0], 0.5F);
}

TEST(History, KeepsEveryPictureOfManyWorkersWithinItsBudget) {
  constexpr std::size_t kWorkers = 256;
  History history;
  std::vector<picture::Answer> answers(2 * picture::kAnswersPerFrame);
  for (std::uint64_t i = 0; i <= 6'100; ++i) {
    const picture::Snapshot snapshot = crowd(kWorkers, i);
    for (picture::Answer& answer : answers) answer.end_ns = snapshot.time_ns - kMillisecond;
    history.add(snapshot, answers, {});
  }
  EXPECT_LE(history.picture_bytes(), kPictureBudget);
  for (std::uint64_t i = 6'099; i > 110; i -= 599) {
    const picture::Snapshot wanted = crowd(kWorkers, i);
    const picture::Snapshot& found = history.at(wanted.time_ns + 99 * kMillisecond);
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
  std::vector<picture::Answer> answers;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    picture::Answer answer;
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
  std::vector<picture::Answer> answers(1'000);
  for (std::uint64_t i = 0; i < answers.size(); ++i) {
    answers[i].id = i;
    answers[i].end_ns = kStart + i * 10'000;
  }
  history.add(picture(kStart + kSecond, 1'000), answers, {});
  const auto latest = history.answers(kStart + kSecond, 100);
  ASSERT_EQ(latest.size(), picture::kAnswersPerFrame);
  EXPECT_EQ(latest.front().id, 999U);
  EXPECT_EQ(latest.back().id, 1'000U - picture::kAnswersPerFrame);
}

TEST(History, AnAnswerFromTheFutureDoesNotWipeOutThePast) {
  History history;
  std::vector<picture::Answer> answers(2);
  answers[0].end_ns = kStart;
  answers[1].end_ns = ~std::uint64_t{0};
  history.add(picture(kStart + kSecond, 2), answers, {});
  EXPECT_EQ(history.answers(kStart + 500 * kMillisecond, 10).size(), 1U);
}

TEST(History, ShareCountsTheWindow) {
  History history;
  picture::Snapshot both = picture(kStart, 0);
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
  // Between two pictures the share of a second is that of the picture, as the rate beside it is.
  const auto between = history.share(kStart + 3 * kSecond + 170 * kMillisecond, kSecond);
  EXPECT_EQ(between[0], history.latest().workers[0].requests_per_second);
  EXPECT_NEAR(history.share(kStart + 3 * kSecond, 2 * kSecond)[0], 60, 1e-3);
}

TEST(History, ARateIsWhatWasAnsweredInTheLastWholeSecondAndTheWholeIsTheSum) {
  History history;
  for (std::uint64_t i = 0; i <= 25; ++i) history.add(crowd(5, i), {}, {});
  const picture::Snapshot& found = history.at(kStart + 2'500 * kMillisecond);
  double sum = 0;
  for (const auto& worker : found.workers) {
    EXPECT_EQ(worker.requests_per_second, 10 * (1'000.0 + worker.number));
    sum += worker.requests_per_second;
  }
  EXPECT_EQ(found.totals.requests_per_second, sum);
  picture::Snapshot quiet = crowd(5, 25);
  for (std::uint64_t i = 26; i <= 36; ++i) {
    quiet.time_ns = kStart + i * 100 * kMillisecond;
    history.add(quiet, {}, {});
    const double left = i < 35 ? static_cast<double>(35 - i) * 1'001 : 0;
    EXPECT_EQ(history.latest().workers[0].requests_per_second, left) << i;
  }
  EXPECT_EQ(history.latest().totals.requests_per_second, 0);
}

TEST(History, InTheFirstSecondARateIsOfTheTimeThatWasLookedAt) {
  History history;
  for (std::uint64_t i = 0; i <= 4; ++i) history.add(crowd(1, i), {}, {});
  EXPECT_EQ(history.latest().workers[0].requests_per_second, 10'010);
  EXPECT_EQ(history.at(kStart).workers[0].requests_per_second, 0);
}

TEST(History, ComparesOnlyWorkersThatCouldServe) {
  const auto evenness = [](const auto& change) {
    History history;
    for (std::uint64_t i = 0; i <= 20; ++i) {
      picture::Snapshot snapshot = crowd(4, i);
      for (auto& worker : snapshot.workers) worker.requests = 100 * i;
      change(snapshot.workers[3], i);
      history.add(snapshot, {}, {});
    }
    return history.evenness(kStart + 2 * kSecond, kSecond);
  };
  const Evenness all = evenness([](auto&, std::uint64_t) {});
  EXPECT_EQ(all.compared, 4U);
  EXPECT_EQ(all.workers, 4U);
  EXPECT_EQ(all.requests, 4'000);
  EXPECT_EQ(all.index, 1);
  const Evenness idle = evenness([](auto& worker, std::uint64_t) { worker.requests = 0; });
  EXPECT_EQ(idle.compared, 4U);  // it could have
  EXPECT_EQ(idle.index, 0.75);
  const auto expect_three = [&](const auto& change) {
    const Evenness three = evenness(change);
    EXPECT_EQ(three.compared, 3U);
    EXPECT_EQ(three.workers, 4U);
    EXPECT_EQ(three.requests, 3'000);
    EXPECT_EQ(three.index, 1);
    EXPECT_EQ(three.left_out, std::vector<std::uint32_t>{4});
  };
  expect_three([](auto& worker, std::uint64_t i) {
    worker.requests = 0;
    if (i == 15) worker.state = WorkerState::hung;
  });
  expect_three([](auto& worker, std::uint64_t i) {
    worker.requests = 0;
    if (i > 15) worker.generation = 2;
  });
  expect_three([](auto& worker, std::uint64_t) {
    worker.requests = 0;
    worker.in_flight->start_ns = kStart;  // it is not called hung yet
  });
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
    picture::Snapshot snapshot = picture(kStart + i * 100 * kMillisecond, own);
    snapshot.totals.requests = 1'000 + own + 10 * i;
    history.add(snapshot, {}, {});
  }
  picture::Snapshot declared = picture(kStart + 2 * kSecond + 1, 38);
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
  picture::Snapshot lost = picture(kStart + 3 * kSecond, 0);
  lost.attachment = picture::Attachment::lost;
  history.add(lost, {}, {});
  EXPECT_FALSE(history.incidents().at(0).open());
}

TEST(History, AServerThatStopsInOneGoLeavesNoCrashesBehind) {
  History history;
  history.add(picture(kStart, 0), {}, {});
  picture::Snapshot lost = picture(kStart + kSecond, 0);
  lost.attachment = picture::Attachment::lost;
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
  picture::Snapshot both = picture(kStart + kSecond, 0);
  both.workers.push_back(both.workers[0]);
  both.workers[1].number = 2;
  history.add(both, {}, events);
  ASSERT_TRUE(history.incidents().at(0).open());
  history.add(picture(kStart + 2 * kSecond, 0), {}, {});
  EXPECT_FALSE(history.incidents().at(0).open());
  EXPECT_FALSE(history.incidents().at(0).replaced);
}

}  // namespace
}  // namespace forkscope::history
