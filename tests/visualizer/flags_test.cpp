// Where the flags over a graph are put.
#include "views/flags.h"

#include <gtest/gtest.h>

namespace forkscope::views {
namespace {

using Places = std::vector<float>;

TEST(Flags, StandOverTheirLines) {
  EXPECT_EQ(flag_places({}, 10, 0, 100), Places{});
  EXPECT_EQ(flag_places({20, 30, 55}, 10, 0, 100), (Places{20, 30, 55}));
}

TEST(Flags, ThatWouldCoverEachOtherStandSideBySideOverTheMiddleOfTheirLines) {
  EXPECT_EQ(flag_places({50, 50}, 10, 0, 100), (Places{45, 55}));
  EXPECT_EQ(flag_places({50, 51, 52}, 10, 0, 100), (Places{41, 51, 61}));
  // A pair that comes too near to another one joins it.
  EXPECT_EQ(flag_places({50, 50, 58}, 10, 0, 100),
            (Places{158.F / 3 - 10, 158.F / 3, 158.F / 3 + 10}));
}

TEST(Flags, StayWithinTheGraphAsLongAsThereIsRoom) {
  EXPECT_EQ(flag_places({2, 2, 2}, 10, 0, 100), (Places{0, 10, 20}));
  EXPECT_EQ(flag_places({99, 99}, 10, 0, 100), (Places{90, 100}));
  EXPECT_EQ(flag_places({9, 9, 9}, 10, 0, 15), (Places{0, 10, 20}));
}

}  // namespace
}  // namespace forkscope::views
