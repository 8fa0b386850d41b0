// The connections of a worker: how many they are, who is out of time, and whose an event is.
#include "gateway/connection_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "gateway_fixture.h"

namespace forkscope::gateway {
namespace {

using namespace std::chrono_literals;
using State = Connection::State;
using os::Deadline;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ConnectionTableTest : public GatewayFixture {
 protected:
  Connection& add() {
    Connection& connection = greet("");
    connections_.put_off(connection, Deadline::never());  // what began with its greeting
    return connection;
  }
  /// The ids of those that are out of time.
  std::vector<std::uint64_t> expired(std::uint64_t now_ns) {
    std::vector<std::uint64_t> ids;
    connections_.expire(now_ns, [&](Connection& connection) {
      ids.push_back(connection.id());
      connections_.close(connection);
    });
    return ids;
  }
};

TEST_F(ConnectionTableTest, CountsWhoMayStillAskAndWhoIsThereAtAll) {
  Connection& asks = add();
  Connection& lingers = add();
  EXPECT_EQ(connections_.open(), 2U);
  lingers.move_to(State::sending);
  connections_.linger(lingers);
  EXPECT_EQ(connections_.open(), 1U);
  EXPECT_EQ(view_.counters(0).connections_open, 1U);
  connections_.close(asks);
  connections_.close(asks);  // again, too
  EXPECT_EQ(connections_.open(), 0U);
  EXPECT_FALSE(connections_.empty());
  connections_.close(lingers);
  EXPECT_TRUE(connections_.empty());
  EXPECT_EQ(view_.counters(0).connections_accepted, 2U);
  EXPECT_EQ(view_.counters(0).connections_open, 0U);
}

TEST_F(ConnectionTableTest, HasEpollWatchThoseThatAreStillThere) {
  Connection& stays = add();
  send(clients_.back().get(), "x");
  Connection& goes = add();
  send(clients_.back().get(), "x");
  EXPECT_THAT(epoll_.wait(0), IsEmpty());
  connections_.close(goes);
  connections_.watch();
  const auto events = epoll_.wait(0);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data.u64,
            ConnectionTable::kFirstToken + static_cast<std::uint64_t>(stays.fd()));
  EXPECT_TRUE(stays.is_watched());
}

// They have not been asked for anything yet, or have been answered.
TEST_F(ConnectionTableTest, LetsGoOfOneThatEpollHasNoRoomForUnlessItIsBeingServed) {
  Connection& idle = add();
  Connection& served = add();
  served.move_to(State::runnable);
  for (Connection* connection : {&idle, &served}) epoll_.add(connection->fd(), 0, 0);  // EEXIST
  connections_.watch();
  EXPECT_EQ(idle.state(), State::closed);
  EXPECT_EQ(served.state(), State::runnable);
  served.move_to(State::sending);
  connections_.watch();
  EXPECT_EQ(served.state(), State::closed);
}

TEST_F(ConnectionTableTest, CountsForNothingWhatComesAndGoes) {
  connections_.renew(1'000'000'000);
  for (int i = 0; i < 3; ++i) connections_.close(add());
  add();
  add();
  EXPECT_EQ(connections_.gone(), 3U);
  EXPECT_EQ(connections_.load(), 0U);
  for (int i = 0; i < 4; ++i) add();
  EXPECT_EQ(connections_.load(), 6U);  // more have come than gone
  connections_.renew(2'000'000'000);
  EXPECT_EQ(connections_.load(), 6U);
}

TEST_F(ConnectionTableTest, KnowsAConnectionUntilItIsBuried) {
  Connection& connection = add();
  const int fd = connection.fd();
  connections_.close(connection);
  EXPECT_TRUE(connections_.any_closed());
  EXPECT_EQ(connections_.find(fd), &connection);
  bury();
  EXPECT_FALSE(connections_.any_closed());
  EXPECT_EQ(connections_.find(fd), nullptr);
}

// A process that a handler has started may keep a copy of the socket open: its events go on.
TEST_F(ConnectionTableTest, TakesAnEventOfAFormerConnectionForThatOfItsSuccessorWhichIsUnharmed) {
  Connection& former = add();
  const int fd = former.fd();
  connections_.close(former);
  bury();
  Connection& later = add();
  ASSERT_EQ(later.fd(), fd);
  EXPECT_EQ(connections_.find(fd), &later);
  conversations_.note(later, EPOLLIN | EPOLLHUP);
  iterate();
  EXPECT_EQ(later.state(), State::receiving);
}

TEST_F(ConnectionTableTest, KnowsTheEarliestDeadlineOfAll) {
  EXPECT_FALSE(connections_.next_deadline().is_set());
  Connection& first = add();
  Connection& second = add();
  // Those of their greetings may be left, but are of nobody.
  EXPECT_THAT(expired(UINT64_MAX - 1), IsEmpty());
  EXPECT_FALSE(connections_.next_deadline().is_set());

  connections_.wait_for(first, 30ns, 100);
  connections_.wait_for(second, 20ns, 100);
  EXPECT_EQ(connections_.next_deadline(), Deadline::at(120));
  EXPECT_EQ(second.waits_since_ns(), 100U);
  connections_.put_off(second, Deadline::at(140));
  EXPECT_EQ(second.waits_since_ns(), 100U);

  EXPECT_THAT(expired(129), IsEmpty());
  EXPECT_EQ(connections_.next_deadline(), Deadline::at(130));
  EXPECT_THAT(expired(130), ElementsAre(first.id()));
  EXPECT_EQ(connections_.next_deadline(), Deadline::at(140));
  EXPECT_THAT(expired(200), ElementsAre(second.id()));
  EXPECT_FALSE(connections_.next_deadline().is_set());
}

TEST_F(ConnectionTableTest, FindsWhoHasWaitedLongestAmongThoseThatCount) {
  Connection& first = add();
  Connection& second = add();
  connections_.wait_for(first, 1s, 200);
  connections_.wait_for(second, 1s, 100);
  const auto all = [](const Connection&) { return true; };
  EXPECT_EQ(connections_.longest(all), &second);
  EXPECT_EQ(connections_.longest([&](const Connection& one) { return &one != &second; }), &first);
  connections_.close(second);
  EXPECT_EQ(connections_.longest(all), &first);
  connections_.close(first);
  EXPECT_EQ(connections_.longest(all), nullptr);
}

TEST_F(ConnectionTableTest, GivesUpEverybodyWhateverTheyAreInTheMiddleOf) {
  add();
  add().move_to(State::runnable);
  Connection& parked = add();
  parked.move_to(State::runnable);
  parked.move_to(State::parked);
  Connection& lingers = add();
  lingers.move_to(State::sending);
  connections_.linger(lingers);
  connections_.abandon_all();
  EXPECT_TRUE(connections_.empty());
  EXPECT_EQ(connections_.open(), 0U);
  EXPECT_EQ(parked.state(), State::closed);
  std::vector<Connection*> list{&parked, &lingers};
  forget_closed(list);
  EXPECT_THAT(list, IsEmpty());
}

#ifndef NDEBUG
class ConnectionTableDeathTest : public ConnectionTableTest {};

TEST_F(ConnectionTableDeathTest, TakesNoConnectionFromTheScheduler) {
  Connection& connection = add();
  connection.move_to(State::runnable);
  EXPECT_DEATH(connections_.close(connection), "is_arrow");
}
#endif

}  // namespace
}  // namespace forkscope::gateway
