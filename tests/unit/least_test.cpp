// How many of those that wait are ours, whoever looks first.
#include "balancing/least.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace forkscope::balancing {
namespace {

constexpr std::size_t kMost = 1000;

TEST(FairShare, FillsUpWhoHasLessFirst) {
  const std::vector<std::uint32_t> peers{2, 5};
  EXPECT_EQ(fair_share(4, peers, 2, kMost), 0U);
  EXPECT_EQ(fair_share(4, peers, 3, kMost), 1U);
  EXPECT_EQ(fair_share(4, peers, 4, kMost), 1U);  // the other one has 3 by then, and gets it
  EXPECT_EQ(fair_share(4, peers, 5, kMost), 2U);
}

TEST(FairShare, IsAllWhereNobodyElseIsThere) {
  EXPECT_EQ(fair_share(7, {}, 12, kMost), 12U);
  const std::vector<std::uint32_t> nobody{UINT32_MAX, UINT32_MAX};
  EXPECT_EQ(fair_share(7, nobody, 12, kMost), 12U);
  EXPECT_EQ(fair_share(7, {}, 12, 5), 5U);
}

TEST(FairShare, IsOursAmongEquals) {
  const std::vector<std::uint32_t> peers{3, 3, 3};
  EXPECT_EQ(fair_share(3, peers, 1, kMost), 1U);
  EXPECT_EQ(fair_share(3, peers, 4, kMost), 1U);
  EXPECT_EQ(fair_share(3, peers, 5, kMost), 2U);
}

// Those that wait and those that are open only change places.
TEST(FairShare, BringsAllToTheSameLevelInWhateverOrderAndPortionsTheyLook) {
  std::vector<std::uint32_t> order{0, 1, 2, 3};
  do {
    for (const std::size_t most : {1U, 3U, 1000U}) {
      std::vector<std::uint32_t> loads{0, 6, 1, 0};
      std::size_t waiting = 57;
      while (waiting > 0) {
        for (const std::uint32_t worker : order) {
          std::vector<std::uint32_t> peers = loads;
          peers[worker] = UINT32_MAX;
          const std::size_t share = fair_share(loads[worker], peers, waiting, most);
          loads[worker] += static_cast<std::uint32_t>(share);
          waiting -= share;
        }
      }
      EXPECT_EQ(loads, std::vector<std::uint32_t>(4, 16));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace forkscope::balancing
