// What a client hears, and when its worker waits no longer, without processes: real sockets, and
// time as an argument where it matters.
#include "gateway/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gateway_fixture.h"

namespace forkscope::gateway {
namespace {

using namespace std::chrono_literals;
using State = Connection::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class ConversationsTest : public GatewayFixture {
 protected:
  int client() const { return clients_.back().get(); }
  void hear(Connection& connection, const std::string& bytes) {
    send(client(), bytes);
    conversations_.note(connection, EPOLLIN);
    iterate();
  }
  /// As if all deadlines up to then had passed.
  void expire_after(std::chrono::nanoseconds time) {
    connections_.expire(clock_.now_ns() + static_cast<std::uint64_t>(time.count()),
                        [this](Connection& connection) { conversations_.time_out(connection); });
  }
};

TEST_F(ConversationsTest, AnswersPipelinedRequestsOneAfterTheOther) {
  Connection& connection = greet(kRead + kWrite + kRead);
  for (int iteration = 0; iteration < 3; ++iteration) iterate();
  EXPECT_THAT(bodies(received(client())), ElementsAre("r", "w", "r"));
  EXPECT_EQ(connection.state(), State::receiving);
  EXPECT_FALSE(conversations_.unfinished());
}

TEST_F(ConversationsTest, CountsARequestThatCannotBeServedAndLingersAfterItsAnswer) {
  Connection& connection = greet(kMalformed + "and more of it");
  iterate();
  EXPECT_THAT(received(client()), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ended(), ElementsAre(1));
  EXPECT_EQ(connection.state(), State::lingering);
  hear(connection, "and still more");
  EXPECT_EQ(connection.state(), State::lingering);
  EXPECT_GT(connection.discarded_bytes(), 0U);

  clients_.clear();
  conversations_.note(connection, EPOLLIN | EPOLLRDHUP);
  iterate();
  EXPECT_TRUE(connections_.empty());
}

TEST_F(ConversationsTest, ClosesAtOnceBehindAClientThatHasAskedForIt) {
  greet("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  iterate();
  EXPECT_THAT(received(client()), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(::recv(client(), nullptr, 0, 0), 0);
  EXPECT_TRUE(connections_.empty());
}

TEST_F(ConversationsTest, LingersWhereMoreHasComeThanTheClientHasAnnounced) {
  Connection& connection = greet("GET / HTTP/1.0\r\nHost: h\r\n\r\nand more");
  iterate();
  EXPECT_THAT(received(client()), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(connection.state(), State::lingering);
}

TEST_F(ConversationsTest, LingersNoLongerThanItsClientIsSilent) {
  greet(kMalformed);
  iterate();
  expire_after(4s);
  EXPECT_FALSE(connections_.empty());
  expire_after(5s);
  EXPECT_TRUE(connections_.empty());
}

TEST_F(ConversationsTest, InvitesABodyOnceForEachRequest) {
  const std::string asks =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  Connection& connection = greet(asks);
  iterate();
  EXPECT_EQ(received(client()), "HTTP/1.1 100 Continue\r\n\r\n");
  hear(connection, "");
  EXPECT_EQ(received(client()), "");
  hear(connection, "a");
  EXPECT_EQ(received(client()), "");
  hear(connection, "b");
  EXPECT_THAT(received(client()), StartsWith("HTTP/1.1 200 "));
  hear(connection, asks);
  EXPECT_EQ(received(client()), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(ConversationsTest, TellsAClientThatIsTooSlowAndClosesWithoutAWordOnOneThatIsIdle) {
  const int slow = connect("GET / HT");
  const int idle = connect("");
  iterate();
  expire_after(limits_.head_timeout);
  EXPECT_THAT(received(slow), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(received(idle), "");
  EXPECT_EQ(connections_.open(), 0U);
}

TEST_F(ConversationsTest, WaitsForEachPartOfARequestAnew) {
  Connection& connection = greet("POST / HTTP/1.1\r\nHost: h\r\n");
  iterate();
  const os::Deadline head = connection.deadline();
  hear(connection, "X: y\r\n");
  EXPECT_EQ(connection.deadline(), head);
  hear(connection, "Content-Length: 2\r\n\r\na");
  EXPECT_GT(connection.deadline(), head);  // the limit of bodies is the longer one
  hear(connection, "b");
  EXPECT_THAT(received(client()), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(connection.deadline(),
            os::Deadline::after(connection.waits_since_ns(), limits_.idle_timeout));
}

TEST_F(ConversationsTest, LooksOnceMoreBeforeItClosesAConnectionThatSeemsIdle) {
  Connection& late = greet("");
  const int late_client = client();
  const int idle = connect("");
  iterate();
  send(late_client, kRead);  // epoll has not told yet
  conversations_.close_idle();
  EXPECT_EQ(late.state(), State::runnable);
  EXPECT_EQ(connections_.open(), 1U);
  iterate();
  EXPECT_THAT(bodies(received(late_client)), ElementsAre("r"));
  EXPECT_EQ(received(idle), "");
}

TEST_F(ConversationsTest, PassesOverAnEventOfAConnectionThatWasClosedInTheSameIteration) {
  Connection& connection = greet(kRead);
  connections_.close(connection);
  conversations_.attend_ready();
  EXPECT_EQ(connection.state(), State::closed);
  EXPECT_EQ(conversations_.runnable_count(), 0U);
  EXPECT_EQ(view_.counters(0).bytes_received, 0U);
}

TEST_F(ConversationsTest, ForgetsWhoIsClosedBeforeItIsBuried) {
  greet(kRead);
  conversations_.attend_ready();
  EXPECT_EQ(conversations_.runnable_count(), 1U);
  connections_.abandon_all();
  bury();
  EXPECT_EQ(conversations_.runnable_count(), 0U);
  EXPECT_FALSE(conversations_.unfinished());
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(ConversationsTest, AsksWhoIsAnsweredToLeaveWhileSomebodyWaitsForAConnection) {
  conversations_.want_room(true);
  Connection& connection = greet(kRead);
  iterate();
  EXPECT_THAT(received(client()), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(connection.state(), State::lingering);
}

TEST_F(ConversationsTest, MakesRoomInThePlaceOfWhoHasBeenIdleForLongest) {
  const int first = connect(kRead);
  iterate();
  const int second = connect(kRead);
  iterate();
  const int fresh = connect("");  // its first request may be on its way
  iterate();
  received(first);
  received(second);
  EXPECT_TRUE(conversations_.make_room(0ns));
  EXPECT_EQ(connections_.open(), 2U);
  iterate();
  EXPECT_EQ(::recv(first, nullptr, 0, 0), 0);
  EXPECT_TRUE(conversations_.make_room(0ns));
  EXPECT_FALSE(conversations_.make_room(0ns));
  EXPECT_EQ(connections_.open(), 1U);
  EXPECT_EQ(received(fresh), "");
}

TEST_F(ConversationsTest, GoesOnWithAResponseWhenItsClientReads) {
  application_.body = std::string(4 * 1024 * 1024, 'x');
  Connection& connection = greet(kRead);
  iterate();
  EXPECT_EQ(connection.state(), State::sending);
  EXPECT_THAT(ended(), ElementsAre(1));
  std::size_t bytes = 0;
  for (std::string part = received(client()); !part.empty(); part = received(client())) {
    bytes += part.size();
    conversations_.note(connection, EPOLLOUT);
    iterate();
  }
  EXPECT_GT(bytes, application_.body.size());
  EXPECT_EQ(connection.state(), State::receiving);
}

}  // namespace
}  // namespace forkscope::gateway
