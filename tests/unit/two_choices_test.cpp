// Of two at random the one with fewer connections.
#include "balancing/two_choices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace forkscope::balancing {
namespace {

/// How often each is chosen while the loads stay as they are.
std::vector<int> chosen(const std::vector<std::uint32_t>& loads, std::uint64_t turns) {
  std::vector<int> counts(loads.size());
  for (std::uint64_t turn = 0; turn < turns; ++turn) ++counts[two_choices(turn, loads).value()];
  return counts;
}

TEST(TwoChoices, AreEvenAmongEquals) {
  for (const int count : chosen({5, 5, 5, 5}, 4'000)) EXPECT_NEAR(count, 1'000, 120);
}

// Of four there are six pairs: three of them have the least in them, two more the second, one the
// third.
TEST(TwoChoices, NeverChooseTheOneWithTheMost) {
  const std::vector<int> counts = chosen({9, 1, 3, 2}, 6'000);
  EXPECT_EQ(counts[0], 0);
  EXPECT_NEAR(counts[1], 3'000, 200);
  EXPECT_NEAR(counts[3], 2'000, 200);
  EXPECT_NEAR(counts[2], 1'000, 200);
}

TEST(TwoChoices, PassOverWhoTakesNobody) {
  const std::vector<int> counts = chosen({kTakesNobody, 4, kTakesNobody, 3}, 100);
  EXPECT_EQ(counts, (std::vector<int>{0, 0, 0, 100}));
  EXPECT_EQ(two_choices(7, std::vector<std::uint32_t>{kTakesNobody, 4}), 1U);
}

TEST(TwoChoices, AreNobodysWhereNobodyTakesAnybody) {
  EXPECT_FALSE(two_choices(1, std::vector<std::uint32_t>(4, kTakesNobody)));
  EXPECT_FALSE(two_choices(1, {}));
}

TEST(TwoChoices, KeepConnectionsNearlyEven) {
  std::vector<std::uint32_t> loads(16);
  for (std::uint64_t turn = 0; turn < 16'000; ++turn) ++loads[two_choices(turn, loads).value()];
  const auto [least, most] = std::minmax_element(loads.begin(), loads.end());
  EXPECT_LE(*most - *least, 10U);  // of one choice it is a hundred
}

}  // namespace
}  // namespace forkscope::balancing
