// The turn to write, as it is handed from worker to worker: who is woken, who goes first, and that
// nobody waits for a worker that does not use its turn. A real segment and real eventfds, in one
// process.
#include "gateway/turn_relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "peers_fixture.h"

namespace forkscope::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Four workers, in the slots 0 to 3. The relay is that of slot 1.
class TurnRelayTest : public PeersTest {
 protected:
  void park_a_write(std::uint32_t slot) { segment_.slot(slot).writes_parked(1); }
  void have_the_turn(std::uint32_t slot) {
    telemetry::SlotWriter writer = segment_.slot(slot);
    auto request = writer.begin_request(1, telemetry::Method::post, "/", 1);
    writer.end_request(request, 2, 201, 0);
  }

  TurnRelay relay_{view_, kOwnSlot, wake_};
};

TEST_F(TurnRelayTest, WakesTheNextWorkerThatWaitsInTheOrderOfTheirNumbers) {
  park_a_write(0);
  park_a_write(3);
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(3));
  segment_.slot(3).writes_parked(0);
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(0));
}

TEST_F(TurnRelayTest, WakesNobodyAndGoesOnWhereNobodyWaits) {
  park_a_write(1);  // our own wait for the turn that has just ended
  relay_.pass_on();
  EXPECT_THAT(woken(), IsEmpty());
  EXPECT_FALSE(relay_.gives_way());
}

TEST_F(TurnRelayTest, SkipsAWorkerThatIsNotReady) {
  park_a_write(2);
  park_a_write(3);
  put_into_roster(2, telemetry::RosterState::hung);
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(3));
}

TEST_F(TurnRelayTest, GivesWayToTheWorkerThatItHasWokenOnce) {
  park_a_write(2);
  relay_.pass_on();
  EXPECT_TRUE(relay_.gives_way());
  EXPECT_FALSE(relay_.gives_way());
}

TEST_F(TurnRelayTest, GivesWayAnewAfterEachOfItsOwnTurns) {
  park_a_write(2);
  relay_.pass_on();
  EXPECT_TRUE(relay_.gives_way());
  have_the_turn(2);
  EXPECT_FALSE(relay_.gives_way());
  relay_.pass_on();
  EXPECT_TRUE(relay_.gives_way());
}

TEST_F(TurnRelayTest, GoesOnAsSoonAsTheOtherHasHadItsTurn) {
  park_a_write(2);
  relay_.pass_on();
  have_the_turn(2);  // and has the next write parked already
  EXPECT_FALSE(relay_.gives_way());
}

TEST_F(TurnRelayTest, GoesOnWhenTheOtherDoesNotWaitAnyMore) {
  park_a_write(2);
  relay_.pass_on();
  segment_.slot(2).writes_parked(0);
  EXPECT_FALSE(relay_.gives_way());

  park_a_write(2);
  relay_.pass_on();
  put_into_roster(2, telemetry::RosterState::hung);
  EXPECT_FALSE(relay_.gives_way());
}

TEST_F(TurnRelayTest, PassesOverAWorkerThatDidNotUseItsTurnOneTime) {
  park_a_write(2);
  park_a_write(3);
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_TRUE(relay_.gives_way());
  EXPECT_FALSE(relay_.gives_way());
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(3));
  relay_.pass_on();
  EXPECT_THAT(woken(), ElementsAre(2));
}

}  // namespace
}  // namespace forkscope::gateway
