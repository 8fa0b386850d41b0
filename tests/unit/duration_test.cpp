#include "options/duration.h"

#include <gtest/gtest.h>

namespace forkscope::options {
namespace {

TEST(Duration, TakesMillisecondsSecondsAndMinutes) {
  EXPECT_EQ(parse_duration("250ms"), 250'000'000U);
  EXPECT_EQ(parse_duration("2s"), 2'000'000'000U);
  EXPECT_EQ(parse_duration("1.5m"), 90'000'000'000U);
  EXPECT_EQ(parse_duration("0"), 0U);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "2", "s", "2 s", "2h", "-1s", "1e99s", "nan", "inf s", "2ss"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace forkscope::options
