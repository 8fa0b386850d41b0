// When a new connection is asked for its request at once: where it pays.
#include "gateway/early_look.h"

#include <gtest/gtest.h>

namespace forkscope::gateway {
namespace {

/// How many of so many connections are looked at, where every `nth` has brought its request; 0:
/// none has.
int looks_at(EarlyLook& look, int connections, int nth) {
  int looks = 0;
  for (int connection = 1; connection <= connections; ++connection) {
    if (!look.is_due()) continue;
    ++looks;
    look.found(nth != 0 && connection % nth == 0);
  }
  return looks;
}

TEST(EarlyLookTest, IsDueAsLongAsOneInFourIsWorthIt) {
  EarlyLook look;
  EXPECT_EQ(looks_at(look, 1000, 1), 1000);
  EXPECT_EQ(looks_at(look, 1000, 3), 1000);
  EXPECT_EQ(looks_at(look, 1000, 4), 1000);
}

TEST(EarlyLookTest, IsDueNowAndThenWhereNobodyBringsARequestAlong) {
  EarlyLook look;
  looks_at(look, 100, 0);
  EXPECT_EQ(looks_at(look, 1600, 0), 100);
}

TEST(EarlyLookTest, IsDueAgainOnceTheyDo) {
  EarlyLook look;
  looks_at(look, 1000, 0);
  looks_at(look, 100, 1);
  EXPECT_EQ(looks_at(look, 1000, 1), 1000);
}

}  // namespace
}  // namespace forkscope::gateway
