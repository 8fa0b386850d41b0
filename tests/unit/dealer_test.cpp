// Whoever has the fewest connections gets the next one, and each move is told once.
#include "supervisor/dealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "dealing_fixture.h"

namespace forkscope::supervisor {
namespace {

using telemetry::EventKind;
using telemetry::MoveReason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DealerTest : public DealingTest {
 protected:
  void begin(std::uint32_t number, MoveReason reason, int connections) {
    dealer_.begin(worker(number), reason, kNow);
    for (int i = 0; i < connections; ++i) dealer_.add(worker(number), connection(), kNow);
  }
};

TEST_F(DealerTest, GivesToWhoHasTheFewest) {
  has_connections(2, 5);
  has_connections(3, 2);
  has_connections(4, 3);
  begin(1, MoveReason::crash, 6);
  dealer_.deal(receivers({2, 3, 4}), kNow);
  EXPECT_THAT(adopted(2), SizeIs(1));
  EXPECT_THAT(adopted(3), SizeIs(3));
  EXPECT_THAT(adopted(4), SizeIs(2)) << "what is on its way counts: 6, 5 and 5";
}

TEST_F(DealerTest, KeepsTheirOrder) {
  dealer_.begin(worker(1), MoveReason::hang, kNow);
  for (const char* bytes : {"a", "b", "c"}) dealer_.add(worker(1), connection(bytes), kNow);
  dealer_.deal(receivers({2}), kNow);
  EXPECT_THAT(adopted(2), ElementsAre("a", "b", "c"));
}

TEST_F(DealerTest, WaitsWhileThereIsNobody) {
  begin(1, MoveReason::crash, 3);
  dealer_.complete(worker(1));
  dealer_.deal({}, kNow);
  EXPECT_TRUE(dealer_.has_connections());
  EXPECT_THAT(events(EventKind::moved), IsEmpty());
  EXPECT_THAT(dealer_.moved(), ElementsAre(0, 0, 0, 0));
  dealer_.deal(receivers({2}), kNow + 7 * kMs);
  EXPECT_FALSE(dealer_.has_connections());
  EXPECT_THAT(adopted(2), SizeIs(3));
  const auto moved = events(EventKind::moved);
  ASSERT_THAT(moved, SizeIs(1));
  EXPECT_EQ(moved[0].duration_ns, 7 * kMs);
}

TEST_F(DealerTest, TellsOfAMoveOnceAllOfItIsDealt) {
  dealer_.begin(worker(1), MoveReason::hang, kNow - kMs);
  for (int i = 0; i < 5; ++i) dealer_.add(worker(1), connection(), kNow);
  has_connections(4, 1);
  dealer_.deal(receivers({2, 3, 4}), kNow + kMs);
  EXPECT_THAT(events(EventKind::moved), IsEmpty()) << "more may come";
  dealer_.add(worker(1), connection(), kNow);
  dealer_.complete(worker(1));
  EXPECT_THAT(events(EventKind::moved), IsEmpty()) << "one waits";
  dealer_.deal(receivers({2, 3, 4}), kNow + 2 * kMs);
  const auto moved = events(EventKind::moved);
  ASSERT_THAT(moved, SizeIs(1));
  EXPECT_EQ(moved[0].worker, 1);
  EXPECT_EQ(moved[0].pid, worker(1).pid);
  EXPECT_EQ(moved[0].generation, 1U);
  EXPECT_EQ(moved[0].exit_code, 6U);
  EXPECT_EQ(moved[0].exit_cause, static_cast<std::uint32_t>(MoveReason::hang));
  EXPECT_EQ(moved[0].since_ns, kNow - kMs);
  EXPECT_EQ(moved[0].duration_ns, 3 * kMs);
  EXPECT_EQ(text_of(moved[0]), "2:3 3:2 4:1");
  EXPECT_THAT(dealer_.moved(), ElementsAre(6, 0, 0, 0));
  dealer_.complete(worker(1));
  EXPECT_THAT(events(EventKind::moved), SizeIs(1));
}

TEST_F(DealerTest, TellsOfEachReasonAlone) {
  begin(1, MoveReason::hang, 2);
  begin(1, MoveReason::crash, 1);  // what was left when it was killed
  begin(2, MoveReason::drain, 3);
  dealer_.complete(worker(1));
  dealer_.complete(worker(2));
  dealer_.deal(receivers({3}), kNow);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> told;
  for (const auto& event : events(EventKind::moved)) {
    told.emplace_back(event.exit_cause, event.exit_code);
  }
  EXPECT_THAT(told, ElementsAre(std::pair(1U, 2U), std::pair(2U, 1U), std::pair(3U, 3U)));
  EXPECT_THAT(dealer_.moved(), ElementsAre(2, 1, 3, 0));
}

TEST_F(DealerTest, SaysNothingOfAMoveOfNothing) {
  begin(1, MoveReason::drain, 0);
  dealer_.complete(worker(1));
  dealer_.deal(receivers({2}), kNow);
  EXPECT_THAT(events(EventKind::moved), IsEmpty());
}

TEST_F(DealerTest, GivesNobodyHisOwnBackUnlessHeIsAlone) {
  has_connections(2, 30);
  begin(1, MoveReason::balance, 3);
  dealer_.deal(receivers({1, 2}), kNow);
  EXPECT_THAT(adopted(1), IsEmpty());
  EXPECT_THAT(adopted(2), SizeIs(3));
  dealer_.add(worker(1), connection(), kNow);
  dealer_.deal(receivers({1}), kNow);
  EXPECT_THAT(adopted(1), SizeIs(1));
}

TEST_F(DealerTest, TakesBackWhatADeadReceiverHasNotAdopted) {
  begin(1, MoveReason::hang, 4);
  dealer_.complete(worker(1));
  dealer_.deal(receivers({2}), kNow);
  const auto heard = end_of(2).hear();  // it adopts one, and dies
  ASSERT_TRUE(heard && heard->connection);
  end_of(2).adopted(1);

  dealer_.begin(worker(2), MoveReason::crash, kNow);
  for (protection::Message& message : custodies_[1].take_back()) {
    dealer_.add(worker(2), std::move(message), kNow);
  }
  dealer_.complete(worker(2));
  dealer_.deal(receivers({3}), kNow);
  EXPECT_THAT(adopted(3), SizeIs(3));
  EXPECT_THAT(dealer_.moved(), ElementsAre(4, 3, 0, 0));
  const auto moved = events(EventKind::moved);
  ASSERT_THAT(moved, SizeIs(2));
  EXPECT_EQ(text_of(moved[0]), "2:4");
  EXPECT_EQ(text_of(moved[1]), "3:3");
}

/// A receiver's queue is as long as the kernel says; nothing is lost when it is full.
TEST_F(DealerTest, TriesAgainWhenAReceiverHasNoRoom) {
  const std::string bytes(60'000, 'x');
  constexpr int kMany = 40;
  dealer_.begin(worker(1), MoveReason::crash, kNow);
  for (int i = 0; i < kMany; ++i) dealer_.add(worker(1), connection(bytes), kNow);
  dealer_.complete(worker(1));
  dealer_.deal(receivers({2}), kNow);
  ASSERT_TRUE(dealer_.has_connections()) << "the queue of a socket took more than two megabytes";
  EXPECT_TRUE(dealer_.due().has_passed(kNow + kMs));
  std::size_t got = 0;
  for (int i = 0; i < kMany && dealer_.has_connections(); ++i) {
    got += adopted(2).size();
    dealer_.deal(receivers({2}), kNow + kMs);
  }
  got += adopted(2).size();
  EXPECT_EQ(got, kMany);
  EXPECT_FALSE(dealer_.has_connections());
  EXPECT_FALSE(dealer_.due().is_set());
  EXPECT_THAT(dealer_.moved(), ElementsAre(0, kMany, 0, 0));
}

TEST_F(DealerTest, TakesAnotherWhereOneHasNoRoom) {
  const std::string bytes(60'000, 'x');
  has_connections(3, 1000);
  dealer_.begin(worker(1), MoveReason::crash, kNow);
  for (int i = 0; i < 40; ++i) dealer_.add(worker(1), connection(bytes), kNow);
  dealer_.deal(receivers({2, 3}), kNow);
  EXPECT_GT(custodies_[1].on_its_way(), 0U);
  EXPECT_GT(custodies_[2].on_its_way(), 0U);
}

TEST_F(DealerTest, SaysOnceThatConnectionsAreUnprotected) {
  dealer_.say_unprotected(worker(1), "clone: not permitted");
  dealer_.say_unprotected(worker(2), "clone: not permitted");
  const auto said = events(EventKind::unprotected);
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].worker, 1);
  EXPECT_EQ(text_of(said[0]), "clone: not permitted");
}

}  // namespace
}  // namespace forkscope::supervisor
