#include "app/screens.h"

#include <gtest/gtest.h>

#include <vector>

namespace forkscope::app {
namespace {

TEST(Screens, TheWindowIsOnTheOneThatMostOfItIsOn) {
  // A laptop, and a projector to its right.
  const std::vector<Area> screens{{0, 0, 1920, 1080}, {1920, 0, 1024, 768}};
  EXPECT_EQ(most_covered({100, 100, 800, 600}, screens), 0U);
  EXPECT_EQ(most_covered({2000, 100, 800, 600}, screens), 1U);
  EXPECT_EQ(most_covered({1600, 100, 800, 600}, screens), 1U);
  EXPECT_EQ(most_covered({1500, 100, 800, 600}, screens), 0U);
  EXPECT_EQ(most_covered({-5000, -5000, 800, 600}, screens), 0U);
}

TEST(Screens, AScreenMayBeAboveOrToTheLeft) {
  const std::vector<Area> screens{{0, 0, 1920, 1080}, {-1280, 0, 1280, 1024}, {0, -768, 1024, 768}};
  EXPECT_EQ(most_covered({-1000, 10, 800, 600}, screens), 1U);
  EXPECT_EQ(most_covered({100, -700, 800, 600}, screens), 2U);
}

}  // namespace
}  // namespace forkscope::app
