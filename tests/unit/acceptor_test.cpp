// Who takes a new connection: our share of those that wait, a peer's, and what is done where
// nothing can be taken. A real segment, real eventfds and a real listening socket, in one process;
// time as an argument.
#include "gateway/acceptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "os/listening_socket.h"
#include "peers_fixture.h"

namespace forkscope::gateway {
namespace {

using os::Deadline;
using telemetry::BalancePolicy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kNowNs = 1'000 * kMillisecondNs;

/// Four workers, in the slots 0 to 3; ours is slot 1. All are ready, on call, and without a
/// connection.
class AcceptorTest : public PeersTest {
 protected:
  AcceptorTest() {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      segment_.slot(slot).ready(1);
      segment_.slot(slot).idle();
      board_.tell(slot, 0);
      board_.tell_duty(slot, Duty::asleep);
    }
  }

  std::size_t turn(std::uint64_t now_ns = kNowNs) { return acceptor_.turn({true, 0}, now_ns); }
  void connect(int count = 1) {
    sockaddr_storage address{};
    socklen_t bytes = sizeof address;
    ::getsockname(listening_.fd.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    for (int i = 0; i < count; ++i) {
      clients_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(
          ::connect(clients_.back().get(), reinterpret_cast<const sockaddr*>(&address), bytes), 0);
    }
  }
  void publish(BalancePolicy policy, std::uint16_t open_queues = 0) {
    telemetry::BeatRecord beat{};
    beat.balance = static_cast<std::uint16_t>(policy);
    beat.open_queues = open_queues;
    segment_.beat().write(beat);
  }
  /// And a moment ago.
  void serve_one(std::uint32_t slot) {
    telemetry::SlotWriter writer = segment_.slot(slot);
    auto request = writer.begin_request(kNowNs, telemetry::Method::get, "/", 1);
    writer.end_request(request, kNowNs, 200, 0);
  }
  void accept(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      accepted_.push_back(std::move(acceptor_.accept(kNowNs)->fd));
    }
  }
  /// Has it accept while this process may open no more files.
  static bool accepts_without_files(Acceptor& acceptor) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const bool accepted = acceptor.accept(kNowNs).has_value();
    ::setrlimit(RLIMIT_NOFILE, &before);
    return accepted;
  }

  os::ListeningSocket listening_ = os::listen_on("127.0.0.1", 0);
  std::deque<os::UniqueFd> clients_;
  std::deque<os::UniqueFd> accepted_;
  LoadBoard board_;
  Acceptor acceptor_{listening_.fd.get(), {}, view_, board_, kOwnSlot, wake_};
};

TEST_F(AcceptorTest, HasNoTurnBeforeAnybodyWaits) {
  EXPECT_EQ(turn(), 0U);
  EXPECT_FALSE(acceptor_.retry_at().is_set());
  acceptor_.connection_waits();  // somebody else has taken it meanwhile
  EXPECT_EQ(turn(), 0U);
  EXPECT_FALSE(acceptor_.is_pending());
}

TEST_F(AcceptorTest, TakesOneConnectionAtATimeWhereItIsLeftToTheKernel) {
  publish(BalancePolicy::kernel);
  Acceptor acceptor(listening_.fd.get(), {}, view_, board_, kOwnSlot, wake_);
  EXPECT_TRUE(acceptor.wants_all_on_call());
  connect(2);
  board_.tell(kOwnSlot, 5);
  acceptor.connection_waits();
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 1U);
  EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_EQ(acceptor.retry_at().wait_ms(kNowNs), 0);
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 1U);
  EXPECT_TRUE(acceptor.accept(kNowNs));  // the last one, as far as is known: an event tells of more
  EXPECT_FALSE(acceptor.lacks_files());
  EXPECT_FALSE(acceptor.retry_at().is_set());
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, TakesItsShareAtOnceAndThenGivesWayToThosePeersWhoHaveLess) {
  connect(8);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 2U);
  EXPECT_THAT(woken(), IsEmpty());
  accept(2);
  acceptor_.tell(2);
  EXPECT_TRUE(acceptor_.is_pending());
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(0, 2, 3));
}

TEST_F(AcceptorTest, TakesAllThatWaitWhereNobodyHasLess) {
  connect(3);
  for (const std::uint32_t slot : {0U, 2U, 3U}) board_.tell(slot, 9);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 3U);
  EXPECT_FALSE(acceptor_.is_pending());  // an event tells of the next one
}

TEST_F(AcceptorTest, WakesNoMorePeersThanWaitBeginningWithTheLeast) {
  connect();
  board_.tell(0, 4);
  board_.tell(2, 2);
  board_.tell(3, 3);
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(2));
}

TEST_F(AcceptorTest, TakesOneItselfWhenTheQueueHasNotBecomeShorterForAWhile) {
  connect(2);
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 10 * kMillisecondNs));
  EXPECT_EQ(turn(kNowNs + 10 * kMillisecondNs - 1), 0U);
  EXPECT_EQ(turn(kNowNs + 10 * kMillisecondNs), 1U);
}

TEST_F(AcceptorTest, WaitsOnAsLongAsTheQueueBecomesShorter) {
  connect(3);
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  accept(1);  // as a peer does
  EXPECT_EQ(turn(kNowNs + 10 * kMillisecondNs), 0U);
  EXPECT_EQ(turn(kNowNs + 19 * kMillisecondNs), 0U);
  EXPECT_EQ(turn(kNowNs + 20 * kMillisecondNs), 1U);
}

TEST_F(AcceptorTest, LooksAtOnceForAnotherConnectionAndIsNoMorePatientForIt) {
  connect();
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  woken();
  connect();
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.retry_at().wait_ms(kNowNs), 0);
  EXPECT_EQ(turn(kNowNs + kMillisecondNs), 0U);
  EXPECT_THAT(woken(), ElementsAre(0, 2));
  EXPECT_EQ(turn(kNowNs + 11 * kMillisecondNs), 1U);
}

TEST_F(AcceptorTest, TakesItselfWhatNoPeerIsAvailableFor) {
  segment_.slot(0).step(telemetry::Phase::handling, kNowNs - 50 * kMillisecondNs);
  segment_.slot(2).draining();
  put_into_roster(3, telemetry::RosterState::starting);
  connect();
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, LeavesTheRestToThoseOnCallWhenItIsOffCall) {
  connect(8);
  acceptor_.nudged();
  EXPECT_TRUE(acceptor_.is_nudged());
  EXPECT_EQ(acceptor_.turn({false, 0}, kNowNs), 2U);
  EXPECT_FALSE(acceptor_.is_nudged());
  EXPECT_FALSE(acceptor_.is_pending());
  acceptor_.tell(9);
  acceptor_.nudged();
  EXPECT_EQ(acceptor_.turn({false, 0}, kNowNs), 0U);
  EXPECT_FALSE(acceptor_.is_pending());
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, SharesConnectionsThatComeAndGoWithThoseOnCallAlone) {
  connect(4);
  for (const std::uint32_t slot : {2U, 3U}) board_.tell_duty(slot, Duty::off_call);
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.turn({true, 3}, kNowNs), 1U);
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.turn({true, 4}, kNowNs), 2U);
}

TEST_F(AcceptorTest, LeavesASingleConnectionToWhoHasJustEndedAnotherOne) {
  connect();
  serve_one(2);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_EQ(turn(kNowNs + 10 * kMillisecondNs), 1U);  // it has not come
}

// A peer that is full may have called us, and nobody has been woken but that one and us.
TEST_F(AcceptorTest, CallsWhomItLeavesAConnectionToWhenItIsOffCall) {
  connect();
  serve_one(2);
  acceptor_.nudged();
  EXPECT_EQ(acceptor_.turn({false, 0}, kNowNs), 0U);
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_EQ(acceptor_.turn({false, 0}, kNowNs + 10 * kMillisecondNs), 1U);
}

TEST_F(AcceptorTest, TakesASingleConnectionWhereTheOthersHaveMoreToDoOrAreCalledForIt) {
  connect();
  serve_one(0);
  segment_.slot(0).step(telemetry::Phase::handling, kNowNs);
  serve_one(2);
  segment_.slot(2).connections_open(2);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  segment_.slot(2).connections_open(1);
  acceptor_.nudged();
  EXPECT_EQ(turn(), 1U);
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.turn({true, 1}, kNowNs), 1U);  // it has served some itself
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(AcceptorTest, TakesNoMoreThanItHasRoomForAndLooksAgain) {
  connect(8);
  acceptor_.connection_waits();
  EXPECT_EQ(acceptor_.turn({true, 0, 1}, kNowNs), 1U);
  EXPECT_TRUE(acceptor_.is_pending());
  for (const std::uint32_t slot : {0U, 2U, 3U}) board_.tell(slot, LoadBoard::kTakesNobody);
  EXPECT_EQ(acceptor_.turn({true, 0, 5}, kNowNs), 5U);
  EXPECT_TRUE(acceptor_.is_pending());
}

TEST_F(AcceptorTest, GivesWayToWhoeverHasRoomAtItsLimit) {
  connect();
  for (const std::uint32_t slot : {0U, 1U, 2U}) board_.tell(slot, LoadBoard::kTakesNobody);
  board_.tell(3, 1000);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(3));
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 20 * kMillisecondNs));
  EXPECT_EQ(turn(kNowNs + 20 * kMillisecondNs), 1U);  // if it can make room
}

TEST_F(AcceptorTest, TriesAgainLaterWithoutADescriptorForWhoWaits) {
  connect();
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  EXPECT_FALSE(accepts_without_files(acceptor_));
  EXPECT_TRUE(acceptor_.lacks_files());
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 100 * kMillisecondNs));
  EXPECT_TRUE(acceptor_.accept(kNowNs));
  EXPECT_FALSE(acceptor_.lacks_files());
}

TEST_F(AcceptorTest, LacksNoDescriptorAnyMoreWhereSomebodyElseHasTakenThem) {
  connect();
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  EXPECT_FALSE(accepts_without_files(acceptor_));
  accepted_.emplace_back(::accept(listening_.fd.get(), nullptr, nullptr));
  EXPECT_EQ(turn(kNowNs + 100 * kMillisecondNs), 0U);
  EXPECT_FALSE(acceptor_.lacks_files()) << "it would never take part again";
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

TEST_F(AcceptorTest, TakesOneInItsTurnAndCallsTheNextNumberForTheNext) {
  publish(BalancePolicy::round_robin);
  connect(3);
  board_.next_turn(0, kOwnSlot);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  EXPECT_TRUE(acceptor_.wants_all_on_call());
  accept(1);
  acceptor_.tell(1);
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_EQ(acceptor_.retry_at(), Deadline::at(kNowNs + 10 * kMillisecondNs));
}

TEST_F(AcceptorTest, PassesOverWhoDoesNotComeInItsTurnAndWhoIsNotThere) {
  publish(BalancePolicy::round_robin);
  connect();
  board_.next_turn(0, 2);
  segment_.slot(3).draining();
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(2));
  EXPECT_EQ(turn(kNowNs + 10 * kMillisecondNs), 0U);
  EXPECT_THAT(woken(), ElementsAre(0));
  EXPECT_EQ(turn(kNowNs + 20 * kMillisecondNs), 1U);  // after 0 it is ours
}

TEST_F(AcceptorTest, LeavesAConnectionToTheBetterOfTwoChoices) {
  publish(BalancePolicy::two_choices);
  board_.tell(kOwnSlot, 9);  // we are never the better one
  std::vector<std::uint32_t> called;
  for (int i = 0; i < 40; ++i) {
    connect();
    acceptor_.connection_waits();
    EXPECT_EQ(turn(), 0U);
    const auto slots = woken();
    ASSERT_EQ(slots.size(), 1U);
    called.push_back(slots.front());
    Acceptor other(listening_.fd.get(), {}, view_, board_, slots.front(), wake_);
    other.connection_waits();
    EXPECT_EQ(other.turn({true, 0}, kNowNs), 1U);  // it comes to the same
    accepted_.push_back(std::move(other.accept(kNowNs)->fd));
  }
  for (const std::uint32_t slot : {0U, 2U, 3U}) EXPECT_GT(std::ranges::count(called, slot), 4);
}

TEST_F(AcceptorTest, TakesTurnsItselfWhereNobodyElseIsThere) {
  for (const BalancePolicy policy : {BalancePolicy::round_robin, BalancePolicy::two_choices}) {
    publish(policy);
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      board_.tell(slot, LoadBoard::kTakesNobody);
    }
    connect();
    acceptor_.connection_waits();
    EXPECT_EQ(turn(), 1U);  // if it can make room
    accept(1);
  }
}

TEST_F(AcceptorTest, ObeysAnotherPolicyFromTheNextConnectionOn) {
  publish(BalancePolicy::kernel);
  connect(3);
  acceptor_.tell(5);
  acceptor_.connection_waits();
  EXPECT_EQ(turn(), 1U);
  accept(1);
  publish(BalancePolicy::least);
  EXPECT_EQ(turn(), 0U);
  EXPECT_THAT(woken(), ElementsAre(0, 2));
}

/// With a queue for each slot, which the kernel would fill; here it is a socket with a port of its
/// own.
class QueuesTest : public AcceptorTest {
 protected:
  QueuesTest() {
    for (const os::ListeningSocket& queue : listening_queues_) sockets_.push_back(queue.fd.get());
  }
  void connect_to_queue(std::uint32_t slot) {
    std::swap(listening_, listening_queues_[slot]);
    connect();
    std::swap(listening_, listening_queues_[slot]);
  }
  void open_queue(std::uint32_t slot) {
    telemetry::RosterRecord record{};
    record.state = static_cast<std::uint64_t>(telemetry::RosterState::hung);
    record.queue_open = 1;
    segment_.roster(slot).write(record);
  }

  std::vector<os::ListeningSocket> listening_queues_ = [] {
    std::vector<os::ListeningSocket> queues;
    while (queues.size() < kSlots) queues.push_back(os::listen_on("127.0.0.1", 0));
    return queues;
  }();
  std::vector<int> sockets_;
};

TEST_F(QueuesTest, TakesAllThatWaitInItsOwnWhateverOthersHave) {
  Acceptor acceptor(listening_.fd.get(), sockets_, view_, board_, kOwnSlot, wake_);
  EXPECT_EQ(acceptor.own_queue(), sockets_[kOwnSlot]);
  connect_to_queue(kOwnSlot);
  connect_to_queue(kOwnSlot);
  acceptor.tell(5);
  acceptor.connection_waits_in_own_queue();
  EXPECT_EQ(acceptor.retry_at().wait_ms(kNowNs), 0);
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 2U);
  EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_TRUE(acceptor.retry_at().is_set());
  EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_FALSE(acceptor.retry_at().is_set());  // an event tells of the next one
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 0U);
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(QueuesTest, TakesWhatIsLeftOfALongQueueInTheNextTurns) {
  Acceptor acceptor(listening_.fd.get(), sockets_, view_, board_, kOwnSlot, wake_);
  for (int client = 0; client < 5; ++client) connect_to_queue(kOwnSlot);
  acceptor.connection_waits_in_own_queue();
  EXPECT_EQ(acceptor.turn({true, 0, 3}, kNowNs), 3U);
  for (int client = 0; client < 3; ++client) EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_EQ(acceptor.retry_at().wait_ms(kNowNs), 0);
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 2U);
}

TEST_F(QueuesTest, FindsNobodyWhereAnotherWorkerHasBeenQuicker) {
  Acceptor acceptor(listening_.fd.get(), sockets_, view_, board_, kOwnSlot, wake_);
  connect_to_queue(kOwnSlot);
  acceptor.connection_waits_in_own_queue();
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 1U);
  accepted_.emplace_back(::accept(sockets_[kOwnSlot], nullptr, nullptr));
  EXPECT_FALSE(acceptor.accept(kNowNs));
  EXPECT_FALSE(acceptor.lacks_files());
  EXPECT_FALSE(acceptor.retry_at().is_set());
}

TEST_F(QueuesTest, TakesFromAQueueOfAnotherOneOnlyWhereThatIsOpen) {
  Acceptor acceptor(listening_.fd.get(), sockets_, view_, board_, kOwnSlot, wake_);
  connect_to_queue(2);
  connect_to_queue(3);
  acceptor.nudged();
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 0U);
  open_queue(3);
  publish(BalancePolicy::hash, 1);
  acceptor.nudged();
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 1U);
  EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_EQ(acceptor.turn({true, 0}, kNowNs), 0U);
}

TEST_F(QueuesTest, KeepsWhoWaitsWhereThereIsNoRoomOrNoDescriptor) {
  Acceptor acceptor(listening_.fd.get(), sockets_, view_, board_, kOwnSlot, wake_);
  connect_to_queue(kOwnSlot);
  acceptor.connection_waits_in_own_queue();
  EXPECT_EQ(acceptor.turn({true, 0, 0}, kNowNs), 1U);
  EXPECT_TRUE(acceptor.somebody_waits());
  EXPECT_FALSE(accepts_without_files(acceptor));
  EXPECT_TRUE(acceptor.lacks_files());
  EXPECT_EQ(acceptor.retry_at(), Deadline::at(kNowNs + 100 * kMillisecondNs));
  EXPECT_TRUE(acceptor.accept(kNowNs));
  EXPECT_FALSE(acceptor.somebody_waits());
  EXPECT_FALSE(acceptor.retry_at().is_set());
}

TEST_F(AcceptorTest, CallsEveryPeerToMakeRoom) {
  acceptor_.call_peers(kNowNs);
  EXPECT_THAT(woken(), ElementsAre(0, 2, 3));
}

}  // namespace
}  // namespace forkscope::gateway
