// A line of the ledger: what somebody else finds in it after each step of a connection.
#include "protection/line.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace forkscope::protection {
namespace {

constexpr int kFd = 5;

class LineTest : public ::testing::Test {
 protected:
  const Entry& entry() const { return ledger_.entry(kFd); }
  Stage stage() const { return static_cast<Stage>(entry().stage); }
  std::string_view kept() const {
    return {ledger_.buffer(kFd), std::size_t{entry().bytes} + entry().prepared_bytes};
  }
  bool has(std::uint32_t flag) const { return (entry().flags & flag) != 0; }

  const Ledger ledger_{8};
  Line line_{ledger_, kFd};
};

TEST_F(LineTest, KeepsWhatIsReceivedUntilItIsAnswered) {
  EXPECT_EQ(stage(), Stage::open);
  line_.received("GET / HT");
  line_.received("TP/1.1\r\n\r\nGET");
  EXPECT_EQ(kept(), "GET / HTTP/1.1\r\n\r\nGET");
  EXPECT_EQ(entry().received, 21U);
  line_.begin(/*rest=*/3, /*may_run_again=*/true);
  EXPECT_EQ(stage(), Stage::begun);
  EXPECT_EQ(entry().request_bytes, 18U);
  EXPECT_TRUE(has(kMayRunAgain));
  line_.answer(100, /*closes=*/false);
  EXPECT_EQ(stage(), Stage::answered);
  EXPECT_EQ(entry().answer_bytes, 100U);
  EXPECT_EQ(entry().sent, 0U) << "not before it has left";
  line_.next("GET");
  EXPECT_EQ(stage(), Stage::open);
  EXPECT_EQ(kept(), "GET");
  EXPECT_EQ(entry().received, 21U);
  EXPECT_EQ(entry().sent, 100U);
  EXPECT_EQ(entry().request_bytes, 0U);
  EXPECT_FALSE(has(kMayRunAgain));
}

TEST_F(LineTest, FollowsAWriteThroughItsCommit) {
  line_.received("POST");
  line_.begin(0, true);
  line_.uncommitted();
  EXPECT_EQ(stage(), Stage::uncommitted);
  line_.committing("HTTP/1.1 201", 201, 7);
  EXPECT_TRUE(line_.is_in_doubt());
  EXPECT_EQ(kept(), "POSTHTTP/1.1 201");
  EXPECT_EQ(line_.prepared_answer(), "HTTP/1.1 201");
  line_.unflushed();
  EXPECT_EQ(stage(), Stage::unflushed);
  EXPECT_EQ(entry().bytes, 4U);
  EXPECT_EQ(entry().prepared_bytes, 12U);
  EXPECT_EQ(entry().status, 201U);
  EXPECT_EQ(entry().batch, 7U);
  line_.answer(12, false);
  line_.next("");
  EXPECT_EQ(entry().prepared_bytes, 0U);
  EXPECT_EQ(entry().batch, 0U);
}

TEST_F(LineTest, DropsTheAnswerThatWasPreparedForACommitWhichFailed) {
  line_.received("POST");
  line_.begin(0, true);
  line_.committing("HTTP/1.1 201", 201, 7);
  line_.uncommitted();
  EXPECT_EQ(stage(), Stage::uncommitted);
  EXPECT_EQ(entry().prepared_bytes, 0U);
}

TEST_F(LineTest, PreparesNoAnswerWhereNobodyCouldTellWhetherItIsTrue) {
  line_.received("POST");
  line_.begin(0, true);
  line_.committing("HTTP/1.1 201", 201, 0);
  EXPECT_EQ(stage(), Stage::committing);
  EXPECT_EQ(entry().prepared_bytes, 0U);
}

TEST_F(LineTest, PreparesNoAnswerForWhichThereIsNoRoom) {
  line_.received("POST");
  line_.begin(0, true);
  line_.committing(std::string(Ledger::kBufferBytes - 3, 'a'), 201, 7);
  EXPECT_EQ(entry().prepared_bytes, 0U);
  line_.unflushed();
  EXPECT_EQ(stage(), Stage::unflushed) << "it is committed all the same";
  line_.prepared(std::string(Ledger::kBufferBytes - 4, 'a'), 201);
  EXPECT_EQ(entry().prepared_bytes, Ledger::kBufferBytes - 4);
}

TEST_F(LineTest, SaysWhenMoreHasComeThanItKeeps) {
  line_.received(std::string(Ledger::kBufferBytes, 'a'));
  EXPECT_FALSE(has(kTooLong));
  line_.received("b");
  EXPECT_TRUE(has(kTooLong));
  EXPECT_EQ(entry().bytes, Ledger::kBufferBytes);
  EXPECT_EQ(entry().received, Ledger::kBufferBytes + 1) << "counted, and not kept";
  line_.begin(0, true);
  line_.committing("answer", 201, 7);
  EXPECT_EQ(entry().prepared_bytes, 0U);
  line_.answer(6, false);
  line_.next("");
  EXPECT_FALSE(has(kTooLong)) << "the next request is another matter";
  line_.received("GET");
  EXPECT_EQ(kept(), "GET");
}

TEST_F(LineTest, TellsThatABodyWasInvited) {
  line_.received("POST");
  line_.invited(25);
  EXPECT_TRUE(has(kInvited));
  EXPECT_EQ(entry().sent, 25U);
}

TEST_F(LineTest, GoesOnWithTheTotalsOfItsFormerWorkers) {
  Entry parcel{};
  parcel.stage = static_cast<std::uint32_t>(Stage::open);
  parcel.flags = kInvited | kMayRunAgain;
  parcel.bytes = 4;
  parcel.received = 1000;
  parcel.sent = 2000;
  parcel.parcel = 3;
  line_.adopt(parcel);
  line_.received("POST");
  EXPECT_EQ(entry().received, 1000U);
  EXPECT_EQ(entry().sent, 2000U);
  EXPECT_EQ(entry().parcel, 3U);
  EXPECT_TRUE(has(kInvited));
  EXPECT_FALSE(has(kMayRunAgain)) << "it has not begun here";
}

// Should this worker die as well, at whatever step, nobody may run it as if it were new.
TEST_F(LineTest, IsInDoubtFromTheFirstStepWhereItsFormerWorkerDiedInTheCommit) {
  Entry parcel{};
  parcel.stage = static_cast<std::uint32_t>(Stage::committing);
  parcel.bytes = 4;
  parcel.received = 4;
  line_.adopt(parcel);
  EXPECT_TRUE(line_.is_in_doubt());
  line_.received("POST");
  line_.prepared("answer", 201, 7);
  EXPECT_EQ(kept(), "POSTanswer");
  EXPECT_EQ(entry().batch, 7U);
  line_.begin(0, true);
  EXPECT_TRUE(line_.is_in_doubt()) << "until it is settled";
  line_.unflushed();
  EXPECT_EQ(stage(), Stage::unflushed);
}

TEST_F(LineTest, NamesItsConnectionWhileItsBytesAreLookedAt) {
  line_.frame();
  EXPECT_EQ(ledger_.grip().hand, Hand::framing);
  EXPECT_EQ(ledger_.grip().fd, kFd);
  line_.framed();
  EXPECT_EQ(ledger_.grip().hand, Hand::loop);
}

TEST_F(LineTest, IsSomebodyElsesWhereNothingHadBegunOrTheAnswerWasPrepared) {
  EXPECT_TRUE(line_.was_taken());
  line_.received("POST");
  line_.begin(0, true);
  EXPECT_FALSE(line_.was_taken());
  line_.uncommitted();
  EXPECT_FALSE(line_.was_taken());
  line_.committing("", 201, 7);
  EXPECT_FALSE(line_.was_taken());
  line_.committing("answer", 201, 7);
  EXPECT_TRUE(line_.was_taken());
  line_.unflushed();
  EXPECT_TRUE(line_.was_taken());
  line_.answer(6, false);
  EXPECT_FALSE(line_.was_taken());
  line_.linger();
  EXPECT_FALSE(line_.was_taken());
}

TEST_F(LineTest, IsEmptyAgainForTheNextConnection) {
  line_.received("POST");
  line_.begin(0, true);
  line_.committing("answer", 201, 7);
  line_.close();
  EXPECT_EQ(stage(), Stage::none);
  const Line next(ledger_, kFd);
  EXPECT_EQ(stage(), Stage::open);
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(entry().received, 0U);
  EXPECT_EQ(entry().sent, 0U);
  EXPECT_EQ(entry().batch, 0U);
}

TEST_F(LineTest, OfADescriptorWithoutRoomIgnoresEverything) {
  Line line(ledger_, ledger_.capacity());
  EXPECT_FALSE(line.is_kept());
  line.received("GET");
  line.begin(0, true);
  line.uncommitted();
  line.committing("answer", 201, 7);
  line.unflushed();
  line.answer(6, true);
  line.next("");
  line.linger();
  line.close();
  EXPECT_EQ(line.stage(), Stage::none);
  EXPECT_FALSE(line.was_taken());
  EXPECT_FALSE(line.may_run_again());
}

}  // namespace
}  // namespace forkscope::protection
