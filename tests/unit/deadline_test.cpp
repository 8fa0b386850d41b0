#include "os/deadline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <climits>
#include <cstdint>

namespace forkscope::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(Deadline, NeverComesUnlessSomebodyHasSetIt) {
  const Deadline never;
  EXPECT_FALSE(never.is_set());
  EXPECT_FALSE(never.has_passed(UINT64_MAX));
  EXPECT_EQ(never.wait_ms(0), -1);
  EXPECT_EQ(never.ns_or_zero(), 0U);
  EXPECT_EQ(never, Deadline::never());
}

TEST(Deadline, HasPassedFromItsMomentOn) {
  const Deadline due = Deadline::after(1000, nanoseconds(5));
  EXPECT_TRUE(due.is_set());
  EXPECT_EQ(due.ns(), 1005U);
  EXPECT_FALSE(due.has_passed(1004));
  EXPECT_TRUE(due.has_passed(1005));
  EXPECT_TRUE(due.has_passed(1006));
}

// 0 is a moment like any other: one that was before everything.
TEST(Deadline, MayBeTheBeginningOfTime) {
  EXPECT_TRUE(Deadline::at(0).is_set());
  EXPECT_TRUE(Deadline::at(0).has_passed(0));
  EXPECT_EQ(Deadline::at(0).wait_ms(7), 0);
}

TEST(Deadline, OfTwoTheEarlierCountsAndNeverIsTheLatest) {
  const Deadline early = Deadline::at(1);
  const Deadline late = Deadline::at(2);
  EXPECT_EQ(earlier(early, late), early);
  EXPECT_EQ(earlier(late, early), early);
  EXPECT_EQ(earlier(late, {}), late);
  EXPECT_EQ(earlier({}, late), late);
  EXPECT_FALSE(earlier({}, {}).is_set());
}

TEST(Deadline, IsWaitedForInWholeMillisecondsAndNotLess) {
  const Deadline due = Deadline::after(500, milliseconds(3));
  EXPECT_EQ(due.wait_ms(500), 3);
  EXPECT_EQ(due.wait_ms(501), 3);
  EXPECT_EQ(due.wait_ms(499), 4);
  EXPECT_EQ(due.wait_ms(500 + 3'000'000), 0);
  EXPECT_EQ(due.wait_ms(500 + 3'000'001), 0);
}

TEST(Deadline, BeyondTheClockIsNever) {
  EXPECT_FALSE(Deadline::after(UINT64_MAX - 5, nanoseconds(6)).is_set());
  EXPECT_FALSE(Deadline::after(UINT64_MAX - 5, nanoseconds(5)).is_set());
  EXPECT_TRUE(Deadline::after(UINT64_MAX - 5, nanoseconds(4)).is_set());
}

TEST(Deadline, FarAwayIsWaitedForAsLongAsTheKernelCan) {
  EXPECT_EQ(Deadline::at(UINT64_MAX - 1).wait_ms(0), INT_MAX);
}

#ifndef NDEBUG
TEST(DeadlineDeathTest, NobodyAsksForTheMomentOfNever) {
  EXPECT_DEATH((void)Deadline().ns(), "is_set");
}
#endif

}  // namespace
}  // namespace forkscope::os
