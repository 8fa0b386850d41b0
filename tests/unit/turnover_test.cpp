// Which connections are likely to stay.
#include "gateway/turnover.h"

#include <gtest/gtest.h>

namespace forkscope::gateway {
namespace {

constexpr std::uint64_t kWindow = Turnover::kWindowNs;

TEST(Turnover, CountsAllWhereNobodyGoes) {
  Turnover turnover;
  turnover.renew(kWindow);
  for (int i = 0; i < 5; ++i) turnover.came();
  EXPECT_EQ(turnover.gone(), 0U);
  EXPECT_EQ(turnover.staying(5), 5U);
}

TEST(Turnover, DoesNotCountNewOnesWhereAsManyHaveGone) {
  Turnover turnover;
  turnover.renew(kWindow);
  for (int i = 0; i < 3; ++i) turnover.went(turnover.came());
  for (int i = 0; i < 3; ++i) turnover.came();
  EXPECT_EQ(turnover.gone(), 3U);
  EXPECT_EQ(turnover.staying(3), 0U);
  turnover.came();  // more come than go: they may stay, and none is had for nothing
  EXPECT_EQ(turnover.staying(4), 4U);
}

TEST(Turnover, CountsThoseThatWereThereBefore) {
  Turnover turnover;
  turnover.renew(kWindow);
  for (int i = 0; i < 16; ++i) turnover.came();
  turnover.renew(4 * kWindow);
  for (int i = 0; i < 100; ++i) turnover.went(turnover.came());
  turnover.came();
  turnover.came();
  EXPECT_EQ(turnover.staying(18), 16U);
}

TEST(Turnover, RemembersForTwoWindows) {
  Turnover turnover;
  turnover.renew(kWindow);
  const std::uint64_t first = turnover.came();
  turnover.went(turnover.came());
  turnover.renew(2 * kWindow);
  EXPECT_EQ(turnover.staying(1), 0U);
  turnover.went(first);
  turnover.came();
  EXPECT_EQ(turnover.staying(1), 0U);
  turnover.renew(4 * kWindow);
  EXPECT_EQ(turnover.gone(), 0U);
  EXPECT_EQ(turnover.staying(1), 1U);
}

}  // namespace
}  // namespace forkscope::gateway
