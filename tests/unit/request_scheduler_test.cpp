// The requests of one worker without its event loop: who ends when, what is told of those that
// wait, and what an answer says of its connection. Real sockets and a real segment, in one process.
#include "gateway/request_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gateway_fixture.h"

namespace forkscope::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using RequestSchedulerTest = GatewayFixture;

// The answer to the first feeds what its client has sent behind it, which is refused at once.
TEST_F(RequestSchedulerTest, EndsAllWritesOfABatchBeforeAnotherRequestBegins) {
  const int first = connect(kWrite + kMalformed);
  connect(kWrite);
  connect(kWrite);
  iterate();
  EXPECT_THAT(ended(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(received(first), HasSubstr("\r\n\r\nwHTTP/1.1 400 "));
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

// Writes behind writes: each answer feeds the next one of its client.
TEST_F(RequestSchedulerTest, EndsRequestsInTheOrderInWhichTheyBeganHoweverManyArePipelined) {
  const int first = connect(kWrite + kWrite + kMalformed);
  const int second = connect(kWrite + kWrite + kRead);
  connect(kWrite + kMalformed);
  for (int iteration = 0; iteration < 3; ++iteration) iterate();
  EXPECT_THAT(ended(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(bodies(received(first)), ElementsAre("w", "w", "problem"));
  EXPECT_THAT(bodies(received(second)), ElementsAre("w", "w", "r"));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

TEST_F(RequestSchedulerTest, TellsOfABatchThatWaitsForTheDiskUntilItHasEnded) {
  application_.disk_is_through = false;
  const int first = connect(kWrite + kMalformed);
  connect(kWrite);
  iterate();
  EXPECT_EQ(view_.counters(0).writes_unflushed, 2U);
  EXPECT_FALSE(view_.in_flight(0));

  const int reader = connect(kRead);
  iterate();
  EXPECT_THAT(received(reader), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(view_.counters(0).writes_unflushed, 2U);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(received(first), "");

  application_.disk_is_through = true;
  iterate();
  EXPECT_THAT(ended(), ElementsAre(3, 1, 2, 4));
  EXPECT_THAT(received(first), HasSubstr("\r\n\r\nwHTTP/1.1 400 "));
  EXPECT_EQ(view_.counters(0).writes_unflushed, 0U);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

// What has been decided meanwhile counts, not what was so when the handler ran.
TEST_F(RequestSchedulerTest, SaysWithAnAnswerWhetherTheConnectionStaysWhenItLeaves) {
  application_.disk_is_through = false;
  const int client = connect(kWrite);
  iterate();
  drain_.begin(Drain::Kind::stop, clock_.now_ns());
  application_.disk_is_through = true;
  iterate();
  EXPECT_THAT(received(client), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(RequestSchedulerTest, TellsAnOldClientThatItsConnectionStays) {
  const std::string kept = " / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
  application_.failure = {507, "The disk is full."};
  const int client = connect("GET" + kept + "POST" + kept);
  iterate();
  EXPECT_THAT(received(client), HasSubstr("\r\nConnection: keep-alive\r\n"));
  iterate();
  const std::string own = received(client);
  EXPECT_THAT(own, StartsWith("HTTP/1.1 507 "));
  EXPECT_THAT(own, HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST_F(RequestSchedulerTest, TellsWhichRequestHasThrown) {
  connect(kRead);
  connect("GET /throws?secret=1 HTTP/1.1\r\nHost: h\r\n\r\n");
  iterate();
  EXPECT_THAT(thrown_, ElementsAre("GET /throws, request 2: the shelf is empty"));
}

TEST_F(RequestSchedulerTest, SaysNothingOfAConnectionThatStaysAsUsual) {
  const int client = connect(kRead);
  iterate();
  EXPECT_THAT(received(client), Not(HasSubstr("Connection:")));
}

const std::string kAnswer = "HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\n";  // + its body

TEST_F(RequestSchedulerTest, SendsTheAnswerOfADeadWorkerOnceTheDiskHasItsCommit) {
  application_.disk_is_through = false;
  const int client = adopt(kWrite, protection::Stage::unflushed, kAnswer + "theirs\n", 24);
  iterate();
  EXPECT_EQ(application_.adopted, 24U);
  EXPECT_EQ(received(client), "");
  application_.disk_is_through = true;
  iterate();
  EXPECT_THAT(bodies(received(client)), ElementsAre("theirs\n"));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

// Whether the commit was made is known by whoever has the turn, and by nobody before.
TEST_F(RequestSchedulerTest, SendsTheAnswerOfAWorkerThatDiedInACommitWhichWasMade) {
  application_.has_turn = false;
  application_.runs_again = true;
  application_.kept = true;
  const int client = adopt(kWrite, protection::Stage::committing, kAnswer + "theirs\n", 24);
  iterate();
  EXPECT_EQ(received(client), "");
  application_.has_turn = true;
  iterate();
  EXPECT_THAT(bodies(received(client)), ElementsAre("theirs\n"));
  EXPECT_EQ(application_.adopted, 24U);
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

TEST_F(RequestSchedulerTest, RunsAgainWhatAWorkerDidNotLiveToCommit) {
  application_.runs_again = true;
  application_.kept = false;
  const int client = adopt(kWrite + kRead, protection::Stage::committing, kAnswer + "theirs\n", 24);
  iterate();
  iterate();
  EXPECT_THAT(bodies(received(client)), ElementsAre("w", "r"));
  EXPECT_EQ(application_.adopted, 0U);
}

TEST_F(RequestSchedulerTest, RunsNothingAgainThatMayHaveHadAnEffectOrMustNot) {
  application_.runs_again = true;
  const int nobody_knows = adopt(kWrite, protection::Stage::committing, kAnswer + "theirs\n", 24);
  iterate();
  EXPECT_THAT(received(nobody_knows),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("nobody knows")));

  application_.runs_again = false;
  application_.kept = false;
  const int must_not = adopt(kWrite, protection::Stage::committing, kAnswer + "theirs\n", 24);
  iterate();
  EXPECT_THAT(received(must_not), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("nothing of it")));
}

}  // namespace
}  // namespace forkscope::gateway
