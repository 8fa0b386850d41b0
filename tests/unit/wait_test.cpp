#include "words/wait.h"

#include <gtest/gtest.h>

namespace forkscope::words {
namespace {

using telemetry::WorkerState;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kNow = 5'000'000 * kMillisecond;

telemetry::WorkerReport busy(std::uint32_t number, std::uint64_t age_ns) {
  telemetry::WorkerReport worker;
  worker.number = number;
  worker.state = WorkerState::busy;
  worker.busy_since_ns = kNow - age_ns;
  worker.phase = telemetry::Phase::handling;
  worker.in_flight = {1, kNow - age_ns, 1, telemetry::Method::get, "/v1/faults/hang"};
  return worker;
}

picture::Snapshot picture_of(std::vector<telemetry::WorkerReport> workers) {
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.time_ns = kNow;
  picture.server.hang_after_ns = 2'000 * kMillisecond;
  picture.workers = std::move(workers);
  return picture;
}

TEST(Waits, SayHowLongInWhatAndWhenItIsCalledHung) {
  const auto all = waits(picture_of({busy(2, 1'800 * kMillisecond)}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].worker, 2U);
  EXPECT_EQ(wait_text(all[0]), "1.8 s in GET /v1/faults/hang");
  EXPECT_EQ(limit_text(all[0]), "called hung at 2.0 s");
  EXPECT_DOUBLE_EQ(all[0].share(), 0.9);
}

TEST(Waits, BeginAtThreeTenthsOfASecondAndTheLongestComesFirst) {
  const auto all = waits(picture_of(
      {busy(1, 300 * kMillisecond), busy(2, 299 * kMillisecond), busy(3, 900 * kMillisecond)}));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].worker, 3U);
  EXPECT_EQ(all[1].worker, 1U);
}

/// The primary counts from the step that the loop is in, whatever began before.
TEST(Waits, CountFromTheLatestStep) {
  telemetry::WorkerReport worker = busy(1, 900 * kMillisecond);
  worker.busy_since_ns = kNow - kMillisecond;
  EXPECT_TRUE(waits(picture_of({worker})).empty());
}

TEST(Waits, OutsideOfARequestNameThePhase) {
  telemetry::WorkerReport worker = busy(1, 900 * kMillisecond);
  worker.in_flight.reset();
  worker.phase = telemetry::Phase::committing;
  EXPECT_EQ(wait_text(waits(picture_of({worker})).at(0)), "0.9 s while committing");
}

TEST(Waits, WhoIsCalledHungOrIsIdleOrGoneIsNoneAnyMore) {
  for (const auto state : {WorkerState::hung, WorkerState::aborting, WorkerState::idle,
                           WorkerState::dead, WorkerState::starting}) {
    telemetry::WorkerReport worker = busy(1, 2'500 * kMillisecond);
    worker.state = state;
    EXPECT_TRUE(waits(picture_of({worker})).empty()) << to_string(state);
  }
  picture::Snapshot gone = picture_of({busy(1, 900 * kMillisecond)});
  gone.attachment = picture::Attachment::lost;
  EXPECT_TRUE(waits(gone).empty());
}

TEST(Waits, TheBarIsNeverMoreThanFullAndALimitThatIsNotKnownIsNotSaid) {
  EXPECT_DOUBLE_EQ(waits(picture_of({busy(1, 2'500 * kMillisecond)})).at(0).share(), 1);
  picture::Snapshot picture = picture_of({busy(1, 900 * kMillisecond)});
  picture.server.hang_after_ns = 0;
  EXPECT_EQ(limit_text(waits(picture).at(0)), "");
  EXPECT_DOUBLE_EQ(waits(picture).at(0).share(), 0);
}

}  // namespace
}  // namespace forkscope::words
