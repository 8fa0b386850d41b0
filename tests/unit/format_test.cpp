#include "words/format.h"

#include <gtest/gtest.h>

namespace forkscope::words {
namespace {

TEST(Format, CountsOneAsOne) {
  EXPECT_EQ(counted(0, "worker"), "0 workers");
  EXPECT_EQ(counted(1, "worker"), "1 worker");
  EXPECT_EQ(counted(12'904, "request"), "12,904 requests");
}

TEST(Format, ANounAloneAgreesWithItsCount) {
  EXPECT_EQ(plural(0, "error"), "errors");
  EXPECT_EQ(plural(1, "error"), "error");
  EXPECT_EQ(plural(1'000'000, "error"), "errors");
}

TEST(Format, OrdinalsEndAsTheyAreSpoken) {
  EXPECT_EQ(ordinal(0), "0th");
  EXPECT_EQ(ordinal(1), "1st");
  EXPECT_EQ(ordinal(2), "2nd");
  EXPECT_EQ(ordinal(3), "3rd");
  EXPECT_EQ(ordinal(4), "4th");
  for (const std::uint64_t teen : {11, 12, 13, 111, 212, 1'013}) {
    EXPECT_EQ(ordinal(teen), grouped(teen) + "th");
  }
  EXPECT_EQ(ordinal(21), "21st");
  EXPECT_EQ(ordinal(102), "102nd");
  EXPECT_EQ(ordinal(256), "256th");
}

}  // namespace
}  // namespace forkscope::words
