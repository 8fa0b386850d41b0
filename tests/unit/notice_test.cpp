#include "operation/notice.h"

#include <gtest/gtest.h>

namespace forkscope::operation {
namespace {

TEST(Notice, StaysForAWhile) {
  Notice notice(100);
  EXPECT_EQ(notice.text(0), "");
  notice.say("Marked.", 1'000);
  EXPECT_EQ(notice.text(1'000), "Marked.");
  EXPECT_EQ(notice.text(1'099), "Marked.");
  EXPECT_EQ(notice.text(1'100), "");
}

TEST(Notice, TheLatestTakesThePlaceOfTheOneBeforeAndNothingDoesNot) {
  Notice notice(100);
  notice.say("Marked.", 1'000);
  notice.say("Load is off.", 1'050);
  notice.say("", 1'060);
  EXPECT_EQ(notice.text(1'120), "Load is off.");
  notice.clear();
  EXPECT_EQ(notice.text(1'120), "");
}

}  // namespace
}  // namespace forkscope::operation
