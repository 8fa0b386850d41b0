#include "supervisor/hang_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "supervisor/hang_kind.h"

namespace forkscope::supervisor {
namespace {

using telemetry::HangKind;
using telemetry::Phase;
using telemetry::Progress;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStart = 100 * kSecond;

class HangWatchTest : public ::testing::Test {
 protected:
  HangWatch watch_{std::chrono::seconds(2)};
  std::uint64_t steps_ = 1;

  Progress doing(Phase phase, std::uint64_t since_ns) {
    Progress progress{};
    progress.phase = static_cast<std::uint64_t>(phase);
    progress.busy_since_ns = since_ns;
    progress.steps = steps_;
    return progress;
  }
  bool hung(const Progress& progress, std::uint64_t now,
            std::optional<std::uint64_t> stopped_since = {}) {
    return watch_.check(progress, stopped_since, now).hung;
  }
};

TEST_F(HangWatchTest, LeavesAnIdleWorkerAloneForEver) {
  EXPECT_FALSE(hung(doing(Phase::idle, kStart), kStart));
  EXPECT_FALSE(hung(doing(Phase::idle, kStart), kStart + 3600 * kSecond));
}

TEST_F(HangWatchTest, DeclaresAWorkerThatMakesNoStepForHangAfter) {
  EXPECT_FALSE(hung(doing(Phase::handling, kStart), kStart));
  EXPECT_FALSE(hung(doing(Phase::handling, kStart), kStart + 2 * kSecond - 1));
  EXPECT_TRUE(hung(doing(Phase::handling, kStart), kStart + 2 * kSecond));
}

TEST_F(HangWatchTest, SaysWhenToLookAgain) {
  watch_.check(doing(Phase::handling, kStart), {}, kStart);
  const auto verdict = watch_.check(doing(Phase::handling, kStart), {}, kStart + kSecond);
  EXPECT_TRUE(verdict.stuck);
  EXPECT_EQ(verdict.check_at.ns(), kStart + 2 * kSecond);
}

TEST_F(HangWatchTest, ForgivesAWorkerThatMoves) {
  for (std::uint64_t second = 0; second < 100; ++second) {
    ++steps_;
    EXPECT_FALSE(hung(doing(Phase::handling, kStart), kStart + second * kSecond));
  }
}

TEST_F(HangWatchTest, DoesNotTrustASingleLookAtWordsThatAreBeingWritten) {
  // An hour idle, and now a phase that is new next to a start that is old.
  hung(doing(Phase::idle, kStart), kStart);
  ++steps_;
  EXPECT_FALSE(hung(doing(Phase::handling, kStart), kStart + 3600 * kSecond));
}

TEST_F(HangWatchTest, TakesAStoppedWorkerForHungEvenWhileIdle) {
  EXPECT_FALSE(hung(doing(Phase::idle, kStart), kStart + kSecond, kStart));
  EXPECT_TRUE(hung(doing(Phase::idle, kStart), kStart + 2 * kSecond, kStart));
}

TEST_F(HangWatchTest, DoesNotCountTimeInWhichThePrimaryDidNotRun) {
  hung(doing(Phase::handling, kStart), kStart);
  watch_.rearm(kStart + 60 * kSecond);
  EXPECT_FALSE(hung(doing(Phase::handling, kStart), kStart + 61 * kSecond));
  EXPECT_TRUE(hung(doing(Phase::handling, kStart), kStart + 62 * kSecond));
}

HangKind kind_after_a_second(char state, double cpu_seconds) {
  HangSuspicion suspicion;
  telemetry::ProcessStat stat;
  stat.cpu_ticks = 70;
  suspicion.raise(stat, kStart);
  stat.state = state;
  stat.cpu_ticks +=
      static_cast<std::uint64_t>(cpu_seconds * static_cast<double>(::sysconf(_SC_CLK_TCK)));
  return suspicion.kind(stat, kStart + kSecond);
}

TEST(HangSuspicion, TellsASpinFromASleepAndAStop) {
  EXPECT_EQ(kind_after_a_second('S', 0), HangKind::blocked);
  EXPECT_EQ(kind_after_a_second('S', 1), HangKind::spin);
  EXPECT_EQ(kind_after_a_second('R', 0), HangKind::spin) << "starved of its core";
  EXPECT_EQ(kind_after_a_second('D', 0), HangKind::blocked);
  EXPECT_EQ(kind_after_a_second('T', 1), HangKind::stopped);
}

}  // namespace
}  // namespace forkscope::supervisor
