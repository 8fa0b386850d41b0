#include "history/playhead.h"

#include <gtest/gtest.h>

#include "recording_script.h"

namespace forkscope::history {
namespace {

using test::kMillisecond;
using test::kSecond;

class PlayheadTest : public testing::Test {
 protected:
  PlayheadTest() { test::play_script(history_, 2); }
  std::uint64_t start() const { return history_.oldest_ns(); }
  std::uint64_t end() const { return history_.newest_ns(); }

  History history_;
  Playhead live_{Playhead::Resume::at_end};
  Playhead replay_{Playhead::Resume::from_here};
};

TEST_F(PlayheadTest, IsAtTheEndToBeginWith) {
  EXPECT_EQ(live_.time(history_, 0), end());
  EXPECT_TRUE(live_.at_end());
}

TEST_F(PlayheadTest, APausedLiveViewStandsStillAndReturnsToLive) {
  live_.toggle_pause(history_, 0);
  const std::uint64_t stood = end();
  picture::Snapshot later = history_.latest();
  later.time_ns += 5 * kSecond;
  history_.add(later, {}, {});
  EXPECT_EQ(live_.time(history_, 0), stood);
  live_.toggle_pause(history_, 0);
  EXPECT_EQ(live_.time(history_, 0), end());
}

TEST_F(PlayheadTest, StepsByATenthOfASecondAndPauses) {
  live_.step(history_, 0, -3);
  EXPECT_TRUE(live_.paused());
  EXPECT_EQ(live_.time(history_, 0), end() - 300 * kMillisecond);
  live_.step(history_, 0, +1);
  EXPECT_EQ(live_.time(history_, 0), end() - 200 * kMillisecond);
}

TEST_F(PlayheadTest, NeverLeavesWhatThereIs) {
  live_.seek(history_, 1);
  EXPECT_EQ(live_.time(history_, 0), start());
  live_.step(history_, 0, -1'000'000);
  EXPECT_EQ(live_.time(history_, 0), start());
  live_.step(history_, 0, +1'000'000);
  EXPECT_EQ(live_.time(history_, 0), end());
  const History nothing;
  EXPECT_EQ(live_.time(nothing, 0), 0U);
}

TEST_F(PlayheadTest, JumpsFromIncidentToIncident) {
  const std::uint64_t hang = history_.incidents()[0].known_ns;
  const std::uint64_t crash = history_.incidents()[1].known_ns;
  ASSERT_TRUE(live_.jump(history_, 0, -1));
  EXPECT_EQ(live_.time(history_, 0), crash);
  ASSERT_TRUE(live_.jump(history_, 0, -1));
  EXPECT_EQ(live_.time(history_, 0), hang);
  EXPECT_FALSE(live_.jump(history_, 0, -1));
  EXPECT_EQ(live_.time(history_, 0), hang);
  ASSERT_TRUE(live_.jump(history_, 0, +1));
  EXPECT_EQ(live_.time(history_, 0), crash);
  EXPECT_FALSE(live_.jump(history_, 0, +1));
}

TEST_F(PlayheadTest, JumpsToAPictureThatKnowsOfTheIncident) {
  const auto crash_after = [this](std::uint64_t pause_ns) {
    picture::Snapshot later = history_.latest();
    telemetry::EventRecord exit{};
    exit.time_ns = later.time_ns + pause_ns;
    exit.worker = 1;
    exit.generation = 90;
    exit.kind = static_cast<std::uint16_t>(telemetry::EventKind::exit);
    exit.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    for (int i = 1; i <= 4; ++i) {
      later.time_ns += 100 * kMillisecond;
      history_.add(later, {}, i == 1 ? std::vector{exit} : std::vector<telemetry::EventRecord>{});
    }
    return exit.time_ns;
  };
  const std::uint64_t before = history_.latest().time_ns;
  const std::uint64_t crash = crash_after(30 * kMillisecond);
  ASSERT_TRUE(live_.jump(history_, 0, -1));
  EXPECT_EQ(live_.time(history_, 0), before + 100 * kMillisecond);
  EXPECT_GE(history_.at(live_.time(history_, 0)).time_ns, crash);
  ASSERT_TRUE(live_.jump(history_, 0, -1));  // on to the one before it
  EXPECT_LT(live_.time(history_, 0), before);
}

TEST_F(PlayheadTest, AReplayPlaysAsFastAsItWasAndStopsAtTheEnd) {
  replay_.play(start(), 1'000 * kSecond);
  EXPECT_EQ(replay_.time(history_, 1'002 * kSecond), start() + 2 * kSecond);
  EXPECT_TRUE(replay_.playing(history_, 1'002 * kSecond));
  EXPECT_EQ(replay_.time(history_, 9'999 * kSecond), end());
  EXPECT_FALSE(replay_.playing(history_, 9'999 * kSecond));
}

TEST_F(PlayheadTest, AReplayGoesOnFromWhereItWasPaused) {
  replay_.play(start(), 1'000 * kSecond);
  replay_.toggle_pause(history_, 1'003 * kSecond);
  EXPECT_EQ(replay_.time(history_, 1'500 * kSecond), start() + 3 * kSecond);
  replay_.toggle_pause(history_, 1'500 * kSecond);
  EXPECT_EQ(replay_.time(history_, 1'501 * kSecond), start() + 4 * kSecond);
}

TEST_F(PlayheadTest, AReplayThatIsOverStartsAgain) {
  replay_.play(start(), 1'000 * kSecond);
  replay_.toggle_pause(history_, 9'999 * kSecond);
  EXPECT_EQ(replay_.time(history_, 10'000 * kSecond), start() + kSecond);
}

}  // namespace
}  // namespace forkscope::history
