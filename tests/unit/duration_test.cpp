#include "options/duration.h"

#include <gtest/gtest.h>

namespace forkscope::options {
namespace {

using namespace std::chrono_literals;

TEST(Duration, TakesMillisecondsSecondsAndMinutes) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("1.5m"), 90s);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "2", "s", "2 s", "2h", "-1s", "1e99s", "nan", "inf s", "2ss"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace forkscope::options
