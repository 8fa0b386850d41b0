// How a worker leaves: what it still answers, and when it loses patience. Time comes in as an
// argument.
#include "gateway/drain.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace forkscope::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kNowNs = 100 * kSecondNs;

TEST(Drain, HasNothingToDoBeforeItBegins) {
  Drain drain(30s);
  EXPECT_FALSE(drain.begun());
  EXPECT_FALSE(drain.spares_idle());
  EXPECT_FALSE(drain.overdue(kNowNs));
  EXPECT_FALSE(drain.loses_patience(kNowNs));
  EXPECT_FALSE(drain.next_due().is_set());
}

TEST(Drain, SparesNobodyThatIsIdleWhenTheServerStops) {
  Drain drain(30s);
  drain.begin(Drain::Kind::stop, kNowNs);
  EXPECT_TRUE(drain.begun());
  EXPECT_FALSE(drain.spares_idle());
  EXPECT_EQ(drain.next_due().ns(), kNowNs + 30 * kSecondNs);
  EXPECT_FALSE(drain.overdue(kNowNs + 30 * kSecondNs - 1));
  EXPECT_TRUE(drain.overdue(kNowNs + 30 * kSecondNs));
}

TEST(Drain, GivesWhoIsIdleASecondWhenOthersTakeOver) {
  Drain drain(30s);
  drain.begin(Drain::Kind::hand_over, kNowNs);
  EXPECT_TRUE(drain.spares_idle());
  EXPECT_EQ(drain.next_due().ns(), kNowNs + kSecondNs);
  EXPECT_FALSE(drain.loses_patience(kNowNs + kSecondNs - 1));
  EXPECT_TRUE(drain.loses_patience(kNowNs + kSecondNs));
  EXPECT_FALSE(drain.loses_patience(kNowNs + kSecondNs));
  EXPECT_FALSE(drain.spares_idle());
  EXPECT_EQ(drain.next_due().ns(), kNowNs + 30 * kSecondNs);
}

TEST(Drain, IsNeverMorePatientThanItsTimeout) {
  Drain drain(300ms);
  drain.begin(Drain::Kind::hand_over, kNowNs);
  EXPECT_EQ(drain.next_due().ns(), kNowNs + 3 * kSecondNs / 10);
}

TEST(Drain, CutsAHandOverShortWhenTheServerStops) {
  Drain drain(30s);
  drain.begin(Drain::Kind::hand_over, kNowNs);
  drain.begin(Drain::Kind::stop, kNowNs + 1);
  EXPECT_FALSE(drain.spares_idle());
  EXPECT_EQ(drain.next_due().ns(), kNowNs + 30 * kSecondNs);  // since it began
}

TEST(Drain, IsNotSoftenedByAHandOverOnceTheServerStops) {
  Drain drain(30s);
  drain.begin(Drain::Kind::stop, kNowNs);
  drain.begin(Drain::Kind::hand_over, kNowNs + 1);
  EXPECT_FALSE(drain.spares_idle());
  EXPECT_EQ(drain.next_due().ns(), kNowNs + 30 * kSecondNs);
}

}  // namespace
}  // namespace forkscope::gateway
