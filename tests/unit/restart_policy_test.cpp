#include "supervisor/restart_policy.h"

#include <gtest/gtest.h>

namespace forkscope::supervisor {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;

/// A slot whose processes each live for a while; time is what the test says it is.
class RestartPolicyTest : public ::testing::Test {
 protected:
  std::uint64_t die_after(std::uint64_t lifetime_ns, double jitter = 0) {
    const std::uint64_t forked = now_;
    now_ += lifetime_ns;
    const std::uint64_t delay = delay_after(Death::own, forked, now_, jitter);
    now_ += delay;
    return delay;
  }

  std::uint64_t delay_after(Death death, std::uint64_t forked, std::uint64_t died,
                            double jitter = 0) {
    const auto delay = policy_.delay_after_death(death, forked, died, jitter);
    return static_cast<std::uint64_t>(delay.count());
  }

  RestartPolicy policy_;
  std::uint64_t now_ = 1000 * kSecond;
};

TEST_F(RestartPolicyTest, RestartsTheFirstThreeAtOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(die_after(kMs), 0U);
  EXPECT_EQ(die_after(kMs), 100 * kMs);
}

TEST_F(RestartPolicyTest, DoublesTheDelayUpToFifteenSeconds) {
  for (int i = 0; i < 3; ++i) die_after(kMs);
  std::uint64_t expected = 100 * kMs;
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(die_after(kMs), std::min(expected, 15 * kSecond));
    expected *= 2;
  }
}

TEST_F(RestartPolicyTest, ForgetsAfterThirtySecondsUp) {
  for (int i = 0; i < 8; ++i) die_after(kMs);
  EXPECT_EQ(die_after(30 * kSecond), 0U);
  EXPECT_EQ(die_after(kMs), 0U);
}

TEST_F(RestartPolicyTest, AllowsADeathNowAndThen) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(die_after(11 * kSecond), 0U) << i;
}

TEST_F(RestartPolicyTest, KeepsASlotInBackoffThoughItsDelaysFillTheWindow) {
  for (int i = 0; i < 20; ++i) die_after(kMs);
  EXPECT_EQ(die_after(20 * kSecond), 15 * kSecond);
}

TEST_F(RestartPolicyTest, AnswersAKillFromOutsideAtOnceHoweverOften) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(delay_after(Death::killed_while_serving, now_, now_ + kMs), 0U);
  }
  EXPECT_EQ(die_after(kMs), 0U) << "they are no part of a row";
}

TEST_F(RestartPolicyTest, PausesShortlyAfterAKillFromOutsideAtBoot) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(delay_after(Death::killed_while_booting, now_, now_ + kMs), 100 * kMs);
  }
  EXPECT_EQ(die_after(kMs), 0U) << "they are no part of a row";
}

TEST_F(RestartPolicyTest, KeepsARowThroughAKillFromOutside) {
  for (int i = 0; i < 4; ++i) die_after(kMs);
  delay_after(Death::killed_while_serving, now_, now_ + kMs);
  EXPECT_EQ(die_after(kMs), 200 * kMs);
}

TEST_F(RestartPolicyTest, SpreadsDelaysByUpToATenth) {
  for (int i = 0; i < 3; ++i) die_after(kMs);
  EXPECT_EQ(die_after(kMs, 0.5), 105 * kMs);
}

}  // namespace
}  // namespace forkscope::supervisor
