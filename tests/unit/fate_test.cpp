// What becomes of a connection: every stage, for a worker that is frozen and for one that is dead,
// where the kernel agrees with the ledger and where it does not.
#include "protection/fate.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "tcp_pair.h"

namespace forkscope::protection {

void PrintTo(Fate fate, std::ostream* out) {
  static constexpr std::array kNames = {"stays",          "ends",           "lost",      "moves",
                                        "moves_answered", "moves_in_doubt", "moves_past"};
  *out << kNames[static_cast<std::size_t>(fate)];
}

namespace {

constexpr std::uint64_t kReceived = 1000;
constexpr std::uint64_t kSent = 5000;
constexpr std::uint32_t kAnswer = 300;
constexpr Traffic kAgreed{kReceived, kSent, false};

Entry entry_of(Stage stage, std::uint32_t flags = 0, std::uint32_t prepared_bytes = 0) {
  Entry entry{};
  entry.stage = static_cast<std::uint32_t>(stage);
  entry.flags = flags;
  entry.bytes = entry.request_bytes = 80;
  entry.prepared_bytes = prepared_bytes;
  entry.received = kReceived;
  entry.sent = kSent;
  if (stage == Stage::answered) entry.answer_bytes = kAnswer;
  return entry;
}

Fate when_frozen(const Entry& entry, const Traffic& traffic = kAgreed) {
  return fate_of(entry, /*is_in_hand=*/false, Condition::frozen, traffic);
}

Fate when_dead(const Entry& entry, const Traffic& traffic = kAgreed) {
  return fate_of(entry, /*is_in_hand=*/false, Condition::dead, traffic);
}

TEST(FateOfAConnection, IsToMoveAsLongAsNothingHasBegun) {
  EXPECT_EQ(when_frozen(entry_of(Stage::open)), Fate::moves);
  EXPECT_EQ(when_dead(entry_of(Stage::open)), Fate::moves);
  EXPECT_EQ(when_dead(entry_of(Stage::open, kInvited)), Fate::moves);
}

TEST(FateOfAConnection, WithWhatHasBegunIsSettledByTheDeathOfTheWorkerAlone) {
  for (const Stage stage : {Stage::begun, Stage::uncommitted}) {
    for (const std::uint32_t flags : {0U, kMayRunAgain}) {
      EXPECT_EQ(when_frozen(entry_of(stage, flags)), Fate::stays);
      EXPECT_EQ(when_frozen(entry_of(stage, flags, kAnswer)), Fate::stays);
    }
    EXPECT_EQ(when_dead(entry_of(stage, kMayRunAgain)), Fate::moves);
    EXPECT_EQ(when_dead(entry_of(stage)), Fate::lost) << "it may have had an effect";
    EXPECT_EQ(when_dead(entry_of(stage, 0, kAnswer)), Fate::moves_answered);
  }
}

TEST(FateOfAConnection, IsSettledElsewhereInACommit) {
  for (const std::uint32_t flags : {0U, kMayRunAgain}) {
    EXPECT_EQ(when_dead(entry_of(Stage::committing, flags, kAnswer)), Fate::moves_in_doubt);
    // One that it has adopted, and has not settled itself.
    EXPECT_EQ(when_frozen(entry_of(Stage::committing, flags, kAnswer)), Fate::moves_in_doubt);
    // Without an answer it would have to be run again, whether it was committed or not.
    EXPECT_EQ(when_frozen(entry_of(Stage::committing, flags)), Fate::stays);
    EXPECT_EQ(when_dead(entry_of(Stage::committing, flags)), Fate::lost);
  }
}

TEST(FateOfAConnection, IsToGetItsAnswerElsewhereAfterTheCommit) {
  EXPECT_EQ(when_frozen(entry_of(Stage::unflushed, kMayRunAgain, kAnswer)), Fate::moves_answered);
  EXPECT_EQ(when_dead(entry_of(Stage::unflushed, kMayRunAgain, kAnswer)), Fate::moves_answered);
  // It is committed: to run it again would be to run it twice.
  EXPECT_EQ(when_frozen(entry_of(Stage::unflushed, kMayRunAgain)), Fate::stays);
  EXPECT_EQ(when_dead(entry_of(Stage::unflushed, kMayRunAgain)), Fate::lost);
}

TEST(FateOfAConnection, DependsOnHowMuchOfItsAnswerHasLeft) {
  const Traffic whole{kReceived, kSent + kAnswer, false};
  const Traffic half{kReceived, kSent + kAnswer / 2, false};
  const Entry entry = entry_of(Stage::answered, kMayRunAgain);
  EXPECT_EQ(when_dead(entry, whole), Fate::moves_past);
  EXPECT_EQ(when_dead(entry, half), Fate::lost);
  EXPECT_EQ(when_dead(entry), Fate::moves) << "nothing has left";
  EXPECT_EQ(when_dead(entry_of(Stage::answered)), Fate::lost);
  EXPECT_EQ(when_dead(entry_of(Stage::answered, 0, kAnswer)), Fate::moves_answered);
  EXPECT_EQ(when_dead(entry_of(Stage::answered, kCloses), whole), Fate::ends);
  for (const Traffic& traffic : {whole, half, kAgreed}) {
    EXPECT_EQ(when_frozen(entry, traffic), Fate::stays) << "its worker sends the rest";
  }
}

TEST(FateOfAConnection, IsNoneWhereThereIsNothingToAnswer) {
  EXPECT_EQ(when_frozen(entry_of(Stage::none)), Fate::stays);
  EXPECT_EQ(when_dead(entry_of(Stage::none)), Fate::stays);
  EXPECT_EQ(when_frozen(entry_of(Stage::lingering)), Fate::stays);
  EXPECT_EQ(when_dead(entry_of(Stage::lingering)), Fate::ends);
}

const std::vector<Stage> kAllStages = {Stage::open,       Stage::begun,     Stage::uncommitted,
                                       Stage::committing, Stage::unflushed, Stage::answered};

TEST(FateOfAConnection, InTheHandOfItsWorkerIsPoison) {
  for (const Stage stage : kAllStages) {
    const Entry entry = entry_of(stage, kMayRunAgain, kAnswer);
    EXPECT_EQ(fate_of(entry, true, Condition::frozen, kAgreed), Fate::stays);
    EXPECT_EQ(fate_of(entry, true, Condition::dead, kAgreed), Fate::lost);
  }
}

/// The worker has died between a system call and the line that tells of it; or lies.
TEST(FateOfAConnection, IsNotGuessedAtWhereTheKernelDisagrees) {
  const std::vector<Traffic> others = {{kReceived + 1, kSent, false},
                                       {kReceived - 1, kSent, false},
                                       {kReceived, kSent - 1, false},
                                       {kReceived, kSent + kAnswer + 1, false},
                                       {kReceived + 1, kSent + kAnswer, false}};
  for (const Stage stage : kAllStages) {
    const Entry entry = entry_of(stage, kMayRunAgain, kAnswer);
    for (const Traffic& traffic : others) {
      EXPECT_EQ(when_frozen(entry, traffic), Fate::stays);
      EXPECT_EQ(when_dead(entry, traffic), Fate::lost);
    }
  }
}

TEST(FateOfAConnection, IsNotToMoveWithoutAllThatWasReceived) {
  for (const Stage stage : kAllStages) {
    const Entry entry = entry_of(stage, kMayRunAgain | kTooLong, kAnswer);
    EXPECT_EQ(when_frozen(entry), Fate::stays);
    EXPECT_EQ(when_dead(entry), Fate::lost);
  }
}

TEST(FateOfAConnection, IsNotThatOfAStageThatNobodyHasWritten) {
  for (const std::uint32_t stage : {8U, 255U, ~0U}) {
    Entry entry = entry_of(Stage::open, kMayRunAgain);
    entry.stage = stage;
    EXPECT_EQ(when_frozen(entry), Fate::stays);
    EXPECT_EQ(when_dead(entry), Fate::lost);
  }
}

// ── what the kernel knows ──

class TrafficTest : public ::testing::Test {
 protected:
  void client_sends(const std::string& bytes) {
    EXPECT_EQ(::send(client_.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  void server_reads(std::size_t bytes) {
    std::string buffer(bytes, '\0');
    EXPECT_EQ(::recv(server_.get(), buffer.data(), bytes, MSG_WAITALL),
              static_cast<ssize_t>(bytes));
  }
  void wait_for_event(short events) {
    pollfd entry{server_.get(), events, 0};
    EXPECT_EQ(::poll(&entry, 1, 10'000), 1);
  }

  TcpPair pair_ = connect_tcp_pair();
  os::UniqueFd& client_ = pair_.client;
  os::UniqueFd& server_ = pair_.server;
};

TEST_F(TrafficTest, CountsWhatItsProcessHasReadAndWritten) {
  client_sends("twelve bytes");
  server_reads(6);
  auto traffic = traffic_of(server_.get());
  ASSERT_TRUE(traffic);
  EXPECT_EQ(traffic->read, 6U);
  EXPECT_TRUE(traffic->unread);
  server_reads(6);
  EXPECT_EQ(::send(server_.get(), "seven b", 7, 0), 7);
  traffic = traffic_of(server_.get());
  EXPECT_EQ(traffic->read, 12U);
  EXPECT_EQ(traffic->written, 7U) << "acknowledged or not";
  EXPECT_FALSE(traffic->unread);
}

TEST_F(TrafficTest, DoesNotTakeTheEndForAByte) {
  client_sends("abc");
  ::shutdown(client_.get(), SHUT_WR);
  wait_for_event(POLLRDHUP);
  auto traffic = traffic_of(server_.get());
  ASSERT_TRUE(traffic);
  EXPECT_EQ(traffic->read, 0U);
  server_reads(3);
  traffic = traffic_of(server_.get());
  EXPECT_EQ(traffic->read, 3U);
  EXPECT_FALSE(traffic->unread);
}

TEST_F(TrafficTest, IsNoneOfAConnectionThatIsNoMore) {
  const linger reset{1, 0};
  ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client_.reset();
  wait_for_event(POLLHUP);
  EXPECT_FALSE(traffic_of(server_.get()));
  EXPECT_FALSE(traffic_of(-1));
  const os::UniqueFd local(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(traffic_of(local.get()));
}

}  // namespace
}  // namespace forkscope::protection
