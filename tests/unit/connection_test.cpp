// A connection and the exchange at hand keep to the order that their headers draw.
#include "gateway/connection.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>

#include "gateway_fixture.h"

namespace forkscope::gateway {
namespace {

using State = Connection::State;
using os::Deadline;

class ConnectionTest : public GatewayFixture {
 protected:
  /// A connection that has gone this way.
  Connection& went(std::initializer_list<State> way) {
    Connection& connection = greet("");
    for (const State next : way) connection.move_to(next);
    return connection;
  }
};

TEST_F(ConnectionTest, GoesEveryWayThatIsDrawn) {
  for (const auto& way : std::initializer_list<std::initializer_list<State>>{
           {State::runnable, State::sending, State::receiving, State::closed},
           {State::sending, State::lingering, State::closed},
           {State::runnable, State::parked, State::uncommitted, State::sending, State::closed},
           {State::runnable, State::parked, State::sending, State::receiving},
           {State::runnable, State::uncommitted, State::sending}}) {
    EXPECT_EQ(went(way).state(), *(way.end() - 1));
  }
}

TEST_F(ConnectionTest, BeginsTheNextExchangeWithWhatHasArrivedBehindTheOneAtHand) {
  Connection& connection = greet("");
  const std::string bytes = kRead + kRead.substr(0, 5);
  send(clients_.back().get(), bytes);
  std::array<char, 256> buffer{};
  std::uint64_t received = 0;
  EXPECT_EQ(connection.receive(buffer, received), Connection::Received::bytes);
  EXPECT_EQ(received, bytes.size());
  EXPECT_EQ(connection.framer().phase(), http::RequestFramer::Phase::complete);
  EXPECT_TRUE(connection.exchange().invites_body());
  EXPECT_FALSE(connection.exchange().invites_body());
  EXPECT_TRUE(connection.is_new());

  connection.begin_next_exchange();
  EXPECT_EQ(connection.framer().phase(), http::RequestFramer::Phase::head);
  EXPECT_TRUE(connection.exchange().invites_body());
  EXPECT_FALSE(connection.is_new());
}

TEST_F(ConnectionTest, NoticesTheEndOfTheStream) {
  Connection& connection = greet("");
  clients_.clear();
  std::array<char, 16> buffer{};
  std::uint64_t received = 0;
  EXPECT_EQ(connection.receive(buffer, received), Connection::Received::end);
  EXPECT_TRUE(connection.peer_has_ended());
  EXPECT_FALSE(connection.is_readable());
}

TEST(Exchange, IsParkedFromItsFirstParkOn) {
  Exchange exchange;
  EXPECT_FALSE(exchange.has_parked_out(1'000'000));
  exchange.park(Deadline::at(5));
  exchange.park(Deadline::at(9));
  EXPECT_FALSE(exchange.has_parked_out(4));
  EXPECT_TRUE(exchange.has_parked_out(5));
}

#ifndef NDEBUG
class ConnectionDeathTest : public ConnectionTest {};

TEST_F(ConnectionDeathTest, GoesNoOtherWay) {
  EXPECT_DEATH(went({State::receiving}), "is_arrow");
  EXPECT_DEATH(went({State::lingering}), "is_arrow");
  EXPECT_DEATH(went({State::runnable, State::closed}), "is_arrow");
  EXPECT_DEATH(went({State::runnable, State::receiving}), "is_arrow");
  EXPECT_DEATH(went({State::runnable, State::uncommitted, State::parked}), "is_arrow");
  EXPECT_DEATH(went({State::sending, State::runnable}), "is_arrow");
  EXPECT_DEATH(went({State::closed, State::receiving}), "is_arrow");
}

TEST(ExchangeDeathTest, KeepsToItsOrder) {
  telemetry::BegunRequest request{};
  request.record.id = 1;
  Exchange exchange;
  EXPECT_DEATH(exchange.answered(200), "has_begun");
  exchange.begin(request, 0);
  EXPECT_DEATH(exchange.begin(request, 0), "has_begun");
  EXPECT_DEATH(exchange.park(Deadline::at(1)), "has_begun");
  EXPECT_DEATH(exchange.end(AfterResponse::close), "status_");
  EXPECT_DEATH((void)exchange.what_follows(), "has_ended_");
  exchange.answered(200);
  exchange.answered(503);
  exchange.end(AfterResponse::close);
  EXPECT_DEATH(exchange.end(AfterResponse::close), "has_ended_");
  EXPECT_EQ(exchange.status(), 503);
}
#endif

}  // namespace
}  // namespace forkscope::gateway
