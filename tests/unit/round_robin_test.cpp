// The next number, always.
#include "balancing/round_robin.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace forkscope::balancing {
namespace {

TEST(RoundRobin, GivesEachNumberItsTurnHoweverMuchItHas) {
  const std::vector<std::uint32_t> loads{900, 0, 7};
  for (std::uint32_t turn = 0; turn < 9; ++turn) EXPECT_EQ(round_robin(turn, loads), turn % 3);
}

TEST(RoundRobin, PassesOverWhoTakesNobody) {
  const std::vector<std::uint32_t> loads{kTakesNobody, 3, kTakesNobody, 3, kTakesNobody};
  EXPECT_EQ(round_robin(0, loads), 1U);
  EXPECT_EQ(round_robin(2, loads), 3U);
  EXPECT_EQ(round_robin(4, loads), 1U);
}

TEST(RoundRobin, GoesOnBehindWhoHasTakenOne) {
  EXPECT_EQ(turn_behind(0, 0, 4), 1U);
  EXPECT_EQ(turn_behind(1, 3, 4), 4U);
  EXPECT_EQ(turn_behind(4, 0, 4), 5U);
  EXPECT_EQ(turn_behind(7, 1, 4), 10U);  // 3 and 0 were passed over
  const std::vector<std::uint32_t> loads{0, kTakesNobody, 0, 0};
  std::vector<std::uint32_t> slots;
  for (std::uint64_t turn = 0; slots.size() < 6;) {
    slots.push_back(round_robin(turn, loads).value());
    turn = turn_behind(turn, slots.back(), loads.size());
  }
  EXPECT_EQ(slots, (std::vector<std::uint32_t>{0, 2, 3, 0, 2, 3}));
}

TEST(RoundRobin, IsNobodysTurnWhereNobodyTakesAnybody) {
  EXPECT_FALSE(round_robin(1, std::vector<std::uint32_t>(4, kTakesNobody)));
  EXPECT_FALSE(round_robin(1, {}));
}

}  // namespace
}  // namespace forkscope::balancing
