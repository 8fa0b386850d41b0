#include "words/serving.h"

#include <gtest/gtest.h>

namespace forkscope::words {
namespace {

using telemetry::WorkerState;

picture::Snapshot four_workers() {
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.time_ns = 10'000'000'000;
  picture.workers.resize(4);
  for (telemetry::WorkerReport& worker : picture.workers) worker.state = WorkerState::idle;
  return picture;
}

std::string text(const picture::Snapshot& picture) { return serving_of(picture).text(); }

TEST(Serving, SaysHowManyDo) {
  picture::Snapshot picture = four_workers();
  EXPECT_EQ(text(picture), "4 workers");
  picture.workers[2].state = WorkerState::hung;
  EXPECT_EQ(text(picture), "3 of 4 workers serve");
  picture.workers[0].state = picture.workers[1].state = WorkerState::dead;
  EXPECT_EQ(text(picture), "1 of 4 workers serves");
  picture.attachment = picture::Attachment::lost;
  EXPECT_EQ(text(picture), "no worker");
}

TEST(Serving, OneThatSitsInALongRequestIsTold) {
  picture::Snapshot picture = four_workers();
  picture.workers[1].state = WorkerState::busy;
  picture.workers[1].in_flight.emplace().start_ns = picture.time_ns - picture::kSlowNs - 1;
  EXPECT_EQ(text(picture), "3 of 4 workers serve, 1 slow");
  EXPECT_TRUE(serving_of(picture).well()) << "nobody has called it hung";
  picture.workers[0].state = WorkerState::hung;
  EXPECT_EQ(text(picture), "2 of 4 workers serve, 1 slow");
}

}  // namespace
}  // namespace forkscope::words
