// Whom the kernel wakes, and who sees to it that somebody is there. A real segment and real
// eventfds, in one process; time as an argument.
#include "gateway/on_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peers_fixture.h"

namespace forkscope::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kNowNs = 1'000 * kMillisecondNs;
constexpr std::uint64_t kNextShiftNs = kNowNs + 100 * kMillisecondNs;

/// Four workers, in the slots 0 to 3, on two CPUs; ours is slot 1. The others are ready, and off
/// call.
class OnCallTest : public PeersTest {
 protected:
  OnCallTest() {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      segment_.slot(slot).ready(1);
      segment_.slot(slot).idle();
      board_.tell(slot, 0);
    }
  }
  void find_others(bool somebody_waits = false) {
    on_call_.begin(somebody_waits);
    on_call_.find_others(kNowNs);
  }

  LoadBoard board_;
  OnCall on_call_{view_, board_, kOwnSlot, wake_, 2};
};

TEST_F(OnCallTest, IsOnCallWithFewerOthersThanThereAreCpus) {
  board_.tell_duty(0, Duty::awake);
  EXPECT_TRUE(on_call_.lie_down(false, kNowNs));
  EXPECT_EQ(board_.duty(kOwnSlot), Duty::asleep);
  on_call_.get_up();
  EXPECT_EQ(board_.duty(kOwnSlot), Duty::awake);
}

TEST_F(OnCallTest, IsOffCallWithEnoughOthersAsleep) {
  board_.tell_duty(0, Duty::asleep);
  board_.tell_duty(2, Duty::asleep);
  EXPECT_FALSE(on_call_.lie_down(false, kNowNs));
  EXPECT_EQ(board_.duty(kOwnSlot), Duty::off_call);
}

TEST_F(OnCallTest, IsOnCallWhereOthersAreAwakeOrDead) {
  board_.tell_duty(0, Duty::asleep);
  board_.tell_duty(2, Duty::asleep);
  put_into_roster(2, telemetry::RosterState::dead);
  board_.tell_duty(3, Duty::awake);
  EXPECT_TRUE(on_call_.lie_down(false, kNowNs));
}

TEST_F(OnCallTest, IsOffCallAgainAfterItsShift) {
  EXPECT_TRUE(on_call_.lie_down(false, kNowNs));
  board_.tell_duty(0, Duty::asleep);
  board_.tell_duty(2, Duty::awake);
  EXPECT_TRUE(on_call_.lie_down(false, kNextShiftNs - 1));
  EXPECT_TRUE(on_call_.lie_down(true, kNextShiftNs));  // it waits for others to take a connection
  EXPECT_FALSE(on_call_.lie_down(false, kNextShiftNs));
}

TEST_F(OnCallTest, StaysWhereNobodyElseSleeps) {
  EXPECT_TRUE(on_call_.lie_down(false, kNowNs));
  board_.tell_duty(0, Duty::awake);
  board_.tell_duty(2, Duty::awake);
  EXPECT_TRUE(on_call_.lie_down(false, kNextShiftNs));
}

TEST_F(OnCallTest, WakesOneThatIsOffCallBeforeAHandlerRunsUnlessTwoSleepOnCall) {
  board_.tell_duty(0, Duty::asleep);
  find_others();
  EXPECT_THAT(woken(), SizeIs(1));
  on_call_.find_others(kNowNs);  // once for all requests of an iteration
  EXPECT_THAT(woken(), IsEmpty());
  board_.tell_duty(3, Duty::asleep);
  find_others();
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(OnCallTest, WakesAnotherOneWhereTheFirstDoesNotCome) {
  std::vector<std::uint32_t> called;
  for (int i = 0; i < 3; ++i) {
    find_others();
    for (const std::uint32_t slot : woken()) called.push_back(slot);
  }
  EXPECT_THAT(called, ::testing::UnorderedElementsAre(0, 2, 3));
}

TEST_F(OnCallTest, DoesNotCountOnWhoIsHung) {
  board_.tell_duty(0, Duty::asleep);
  board_.tell_duty(2, Duty::asleep);
  put_into_roster(2, telemetry::RosterState::hung);
  find_others();
  EXPECT_THAT(woken(), ElementsAre(3));
}

TEST_F(OnCallTest, HasOneThatSleepsLookAtTheQueueWhereSomebodyWaits) {
  board_.tell_duty(0, Duty::asleep);
  board_.tell_duty(3, Duty::asleep);
  find_others(/*somebody_waits=*/true);
  EXPECT_THAT(woken(), SizeIs(1));
}

TEST_F(OnCallTest, FindsASuccessorWhenItLeaves) {
  EXPECT_TRUE(on_call_.lie_down(false, kNowNs));
  on_call_.get_up();
  on_call_.leave(false, kNowNs);
  EXPECT_EQ(board_.duty(kOwnSlot), Duty::off_call);
  EXPECT_THAT(woken(), SizeIs(1));
}

}  // namespace
}  // namespace forkscope::gateway
