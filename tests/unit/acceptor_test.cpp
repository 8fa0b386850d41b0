// Who takes a new connection: our turn, a peer's, and what is done where nothing can be taken. A
// real segment, real eventfds and a real listening socket, in one process; time as an argument.
#include "gateway/acceptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "peers_fixture.h"

namespace forkscope::gateway {
namespace {

using os::Deadline;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kNowNs = 1'000 * kMillisecondNs;
constexpr std::size_t kMaxConnections = 8;

/// Four workers, in the slots 0 to 3; ours is slot 1. All are ready, and without a connection.
class AcceptorTest : public PeersTest {
 protected:
  AcceptorTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;  // and no name: the kernel gives it one
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)),
              0);
    EXPECT_EQ(::listen(listening_.get(), 16), 0);
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      segment_.slot(slot).ready(1);
      segment_.slot(slot).idle();
    }
  }

  void give_connections(std::uint32_t slot, std::uint64_t count) {
    segment_.slot(slot).connections_open(count);
  }
  void connect() {
    sockaddr_un address{};
    socklen_t bytes = sizeof address;
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    clients_.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(clients_.back().get(), reinterpret_cast<const sockaddr*>(&address), bytes),
              0);
  }

  os::UniqueFd listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  std::deque<os::UniqueFd> clients_;
  Acceptor acceptor_{listening_.get(), Balance::shared, kMaxConnections, view_, kOwnSlot, wake_};
};

TEST_F(AcceptorTest, HasNoTurnBeforeAnybodyWaits) {
  EXPECT_FALSE(acceptor_.has_turn(0, kNowNs));
  EXPECT_FALSE(acceptor_.retry_at().is_set());
}

TEST_F(AcceptorTest, TakesOneConnectionAtATimeUntilTheQueueIsEmpty) {
  Acceptor acceptor(listening_.get(), Balance::kernel, kMaxConnections, view_, 1, wake_);
  connect();
  connect();
  acceptor.connection_waits();
  for (int connection = 0; connection < 2; ++connection) {
    EXPECT_TRUE(acceptor.has_turn(5, kNowNs));
    EXPECT_TRUE(acceptor.accept(kNowNs));
    EXPECT_EQ(acceptor.retry_at().wait_ms(kNowNs), 0);
  }
  EXPECT_TRUE(acceptor.has_turn(5, kNowNs));
  EXPECT_FALSE(acceptor.accept(kNowNs));
  EXPECT_FALSE(acceptor.lacks_files());
  EXPECT_FALSE(acceptor.retry_at().is_set());
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, GivesAPeerWithLessToDoAMillisecond) {
  give_connections(0, 4);
  give_connections(2, 2);
  give_connections(3, 2);
  acceptor_.connection_waits();
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs));
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + kMillisecondNs));
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs + kMillisecondNs - 1));
  EXPECT_TRUE(acceptor_.has_turn(3, kNowNs + kMillisecondNs));
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, IsRidOfTheDutyOnceThePeerHasTakenOne) {
  give_connections(0, 1);
  acceptor_.connection_waits();
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs));
  EXPECT_THAT(woken(), ElementsAre(0));
  segment_.slot(0).accepted();
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs + kMillisecondNs));
  EXPECT_FALSE(acceptor_.retry_at().is_set());
}

TEST_F(AcceptorTest, AsksAnewForAnotherConnection) {
  give_connections(0, 1);
  acceptor_.connection_waits();
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs));
  EXPECT_THAT(woken(), ElementsAre(0));
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.retry_at().wait_ms(kNowNs), 0);
  EXPECT_FALSE(acceptor_.has_turn(3, kNowNs));
  EXPECT_THAT(woken(), ElementsAre(0));
}

TEST_F(AcceptorTest, KeepsLightTrafficOnTheWorkerWithTheLowestNumber) {
  put_into_roster(0, telemetry::RosterState::hung);
  acceptor_.connection_waits();
  EXPECT_TRUE(acceptor_.has_turn(1, kNowNs));
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, TakesItselfWhatNoPeerIsAvailableFor) {
  segment_.slot(0).step(telemetry::Phase::handling, kNowNs - 20 * kMillisecondNs);
  segment_.slot(2).draining();
  put_into_roster(3, telemetry::RosterState::starting);
  acceptor_.connection_waits();
  EXPECT_TRUE(acceptor_.has_turn(5, kNowNs));
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, AsksNobodyBackWhenItIsNudged) {
  acceptor_.nudged();
  EXPECT_TRUE(acceptor_.is_nudged());
  EXPECT_TRUE(acceptor_.has_turn(5, kNowNs));
  EXPECT_FALSE(acceptor_.is_nudged());
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, GivesWayToWhoeverHasRoomAtItsLimit) {
  for (const std::uint32_t slot : {0U, 2U}) give_connections(slot, kMaxConnections);
  give_connections(3, kMaxConnections - 1);
  acceptor_.nudged();  // meant for a worker with room
  EXPECT_FALSE(acceptor_.has_turn(kMaxConnections, kNowNs));
  EXPECT_THAT(woken(), ElementsAre(3));
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 20 * kMillisecondNs));
}

TEST_F(AcceptorTest, TriesAgainLaterWithoutADescriptorForWhoWaits) {
  connect();
  acceptor_.connection_waits();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_FALSE(acceptor_.accept(kNowNs));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(acceptor_.lacks_files());
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 100 * kMillisecondNs));
  EXPECT_TRUE(acceptor_.accept(kNowNs));
  EXPECT_FALSE(acceptor_.lacks_files());
}

TEST_F(AcceptorTest, SeesWhetherAnybodyWaits) {
  acceptor_.connection_waits();
  EXPECT_FALSE(acceptor_.somebody_waits());
  EXPECT_FALSE(acceptor_.retry_at().is_set());
  connect();
  EXPECT_TRUE(acceptor_.somebody_waits());
  acceptor_.try_again_at(Deadline::at(kNowNs));
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs));
}

TEST_F(AcceptorTest, CallsEveryPeerToMakeRoomAndOneToTakeOver) {
  acceptor_.call_peers(kNowNs);
  EXPECT_THAT(woken(), ElementsAre(0, 2, 3));
  acceptor_.pass_on(kNowNs);
  EXPECT_THAT(woken(), IsEmpty());  // nobody waits
  acceptor_.connection_waits();
  give_connections(0, 2);
  acceptor_.pass_on(kNowNs);
  EXPECT_THAT(woken(), ElementsAre(2));
}

}  // namespace
}  // namespace forkscope::gateway
