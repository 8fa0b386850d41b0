// Who is asked for how many connections when a worker joins, and that nobody is at any other time.
#include "supervisor/balance.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "dealing_fixture.h"

namespace forkscope::supervisor {
namespace {

class EvenOut : public DealingTest {
 protected:
  using Asked = std::vector<std::optional<std::uint32_t>>;

  /// What each is asked for at that moment, where so many connections are open at each.
  Asked at(std::uint64_t now_ns, const std::vector<std::uint64_t>& loads) {
    std::vector<std::uint32_t> numbers;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      numbers.push_back(static_cast<std::uint32_t>(i) + 1);
      has_connections(numbers.back(), loads[i]);
    }
    balance_.even_out(receivers(numbers), dealer_, now_ns);
    Asked asked;
    for (const std::uint32_t number : numbers) asked.push_back(asked_for(number));
    return asked;
  }

  /// Somebody has joined, and has found it uneven already.
  void joined(const std::vector<std::uint64_t>& loads) {
    balance_.joined(kNow);
    at(balance_.due().ns(), loads);
  }

  Balance balance_;
};

constexpr std::nullopt_t kNo = std::nullopt;

TEST_F(EvenOut, AsksNobodyBeforeSomebodyJoins) {
  EXPECT_FALSE(balance_.due().is_set());
  EXPECT_EQ(at(kNow, {64, 0, 0, 0}), Asked({kNo, kNo, kNo, kNo}));
}

TEST_F(EvenOut, AsksThoseThatHaveMoreThanTheirShare) {
  balance_.joined(kNow);
  ASSERT_TRUE(balance_.due().is_set());
  EXPECT_FALSE(balance_.due().has_passed(kNow)) << "it may accept what waits in the queue";
  at(balance_.due().ns(), {22, 21, 21, 0});
  EXPECT_EQ(at(balance_.due().ns(), {22, 21, 21, 0}), Asked({6, 5, 5, kNo}));
}

// Many that have come at once are shared out by the workers themselves, and not twice.
TEST_F(EvenOut, AsksNobodyWhereItHasBeenUnevenForAMomentOnly) {
  balance_.joined(kNow);
  const Asked nobody{kNo, kNo, kNo, kNo};
  EXPECT_EQ(at(balance_.due().ns(), {0, 0, 0, 0}), nobody);
  EXPECT_EQ(at(balance_.due().ns(), {32, 16, 0, 0}), nobody);
  EXPECT_EQ(at(balance_.due().ns(), {16, 16, 16, 16}), nobody);
  EXPECT_EQ(at(balance_.due().ns(), {64, 16, 16, 16}), nobody);
}

TEST_F(EvenOut, AsksAgainUntilItIsEven) {
  joined({64, 0, 0, 0});
  EXPECT_EQ(at(balance_.due().ns(), {64, 0, 0, 0}), Asked({48, kNo, kNo, kNo}));
  ASSERT_TRUE(balance_.due().is_set());
  EXPECT_EQ(at(balance_.due().ns(), {40, 8, 8, 8}), Asked({24, kNo, kNo, kNo}));
  EXPECT_EQ(at(balance_.due().ns(), {16, 16, 16, 16}), Asked({kNo, kNo, kNo, kNo}));
  EXPECT_EQ(at(balance_.due().ns(), {17, 15, 16, 16}), Asked({kNo, kNo, kNo, kNo}))
      << "nobody notices that";
}

TEST_F(EvenOut, IsOverSoon) {
  balance_.joined(kNow);
  int rounds = 0;
  while (balance_.due().is_set() && rounds < 100) {
    at(balance_.due().ns(), {16, 16, 16, 16});
    ++rounds;
  }
  EXPECT_LT(rounds, 100);
  EXPECT_EQ(at(kNow + 2000 * kMs, {64, 0, 0, 0}), Asked({kNo, kNo, kNo, kNo}));
  balance_.joined(kNow + 3000 * kMs);
  EXPECT_TRUE(balance_.due().is_set()) << "until the next one";
}

// Those that are busy may have had nothing to give.
TEST_F(EvenOut, GoesOnForAWhileWhereItIsNotEven) {
  balance_.joined(kNow);
  std::uint64_t last = 0;
  for (int i = 0; balance_.due().is_set() && i < 1000; ++i) {
    last = balance_.due().ns();
    at(last, {64, 0, 0, 0});
  }
  EXPECT_GT(last, kNow + 5000 * kMs);
  EXPECT_FALSE(balance_.due().is_set()) << "and gives up in the end";
}

TEST_F(EvenOut, LeavesLightTrafficWhereItIs) {
  for (const std::vector<std::uint64_t>& loads :
       {std::vector<std::uint64_t>{1, 0, 0, 0}, {2, 0, 0, 0}, {2, 2, 0, 0}, {1, 1, 1, 0}}) {
    joined(loads);
    EXPECT_EQ(at(balance_.due().ns(), loads), Asked({kNo, kNo, kNo, kNo}));
  }
}

TEST_F(EvenOut, LeavesEachWhatIsLight) {
  joined({5, 3, 0, 0});
  EXPECT_EQ(at(balance_.due().ns(), {5, 3, 0, 0}), Asked({3, 1, kNo, kNo}));
}

TEST_F(EvenOut, AsksNobodyWhoIsAlone) {
  joined({64});
  EXPECT_FALSE(balance_.due().is_set()) << "nothing is to be waited for";
}

TEST_F(EvenOut, WaitsForWhatIsBeingDealt) {
  joined({22, 21, 21, 0});
  dealer_.begin(worker(4), telemetry::MoveReason::crash, kNow);
  dealer_.add(worker(4), connection(), kNow);
  EXPECT_EQ(at(balance_.due().ns(), {22, 21, 21, 0}), Asked({kNo, kNo, kNo, kNo}));
  dealer_.deal(receivers({4}), kNow);
  custodies_[3].take_back();
  EXPECT_EQ(at(balance_.due().ns(), {22, 21, 21, 0}), Asked({6, 5, 5, kNo}));
}

/// What is given is told as a move of whoever gave.
TEST_F(EvenOut, IsToldAsAMove) {
  joined({8, 0});
  const std::uint64_t now = balance_.due().ns();
  at(now, {8, 0});
  dealer_.add(worker(1), connection(), now);
  dealer_.add(worker(1), connection(), now);
  dealer_.deal(receivers({2}), now + kMs);
  EXPECT_TRUE(events(telemetry::EventKind::moved).empty());
  dealer_.deal(receivers({2}), now + 100 * kMs);
  const auto moved = events(telemetry::EventKind::moved);
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].worker, 1);
  EXPECT_EQ(moved[0].exit_code, 2U);
  EXPECT_EQ(moved[0].exit_cause, static_cast<std::uint32_t>(telemetry::MoveReason::balance));
  EXPECT_EQ(text_of(moved[0]), "2:2");
}

}  // namespace
}  // namespace forkscope::supervisor
