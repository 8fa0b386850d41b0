// A worker reduced to its ledger and its sockets, with a real keeper: what the primary gets when it
// asks, and that a ledger that says what cannot be is not believed.
#include "protection/custody.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protection/line.h"
#include "support/temp_dir.h"
#include "tcp_pair.h"

namespace forkscope::protection {
namespace {

constexpr int kClients = 4;

class CustodyTest : public ::testing::Test {
 protected:
  CustodyTest() {
    for (TcpPair& pair : pairs_) {
      pair = connect_tcp_pair();
      EXPECT_EQ(::send(pair.client.get(), "GET 1GET 2", 10, 0), 10);
    }
  }
  ~CustodyTest() override {
    if (custody_.keeper() != 0) ::kill(custody_.keeper(), SIGKILL);
    end_worker();
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  /// A worker that does so after it has received all that its clients have sent, and then hangs.
  /// Our copies of its connections are closed.
  void start_worker(const std::function<void(const Ledger&, std::vector<Line>&)>& work) {
    const pid_t primary = ::getpid();
    worker_ = ::fork();
    if (worker_ == 0) {
      const Inheritance inheritance = custody_.in_child(primary, 1);
      std::vector<Line> lines;
      for (TcpPair& pair : pairs_) {
        pair.client.reset();
        std::array<char, 10> bytes{};
        ::recv(pair.server.get(), bytes.data(), bytes.size(), MSG_WAITALL);
        lines.emplace_back(inheritance.ledger, pair.server.get()).received({bytes.data(), 10});
      }
      inheritance_ = &inheritance;
      work(inheritance.ledger, lines);
      inheritance.ledger.adopted(1);  // so much for the primary
      while (true) ::pause();
    }
    custody_.forked();
    while (custody_.ledger().adopted() == 0) ::usleep(1000);
    for (TcpPair& pair : pairs_) pair.server.reset();
  }
  void end_worker() {
    if (worker_ == 0) return;
    ::kill(worker_, SIGKILL);
    ::waitpid(worker_, nullptr, 0);
    worker_ = 0;
  }

  struct HandedOver {
    std::map<int, Message> connections;  ///< By the index of the client.
    int heard = 0;                       ///< Of them.
    std::uint32_t lost = 0;
    std::uint32_t spoilt = 0;
  };
  HandedOver ask(Condition condition, bool may_move = true) {
    custody_.hand_over(condition, may_move);
    HandedOver result;
    while (true) {
      pollfd entry{custody_.keeper_socket(), POLLIN, 0};
      if (::poll(&entry, 1, 10'000) != 1) {
        ADD_FAILURE() << "the keeper does not answer";
        return result;
      }
      auto heard = custody_.hear();
      if (!heard) continue;
      if (heard->spoilt) ++result.spoilt;
      if (heard->connection) {
        ++result.heard;
        const int client = index_of(heard->connection->connection.get());
        result.connections.emplace(client, std::move(*heard->connection));
      }
      if (heard->done) {
        EXPECT_EQ(heard->done->worker, condition);
        result.lost = heard->done->lost;
        return result;
      }
    }
  }
  /// Whose connection that is: its peer has the address that the client has.
  int index_of(int connection) const {
    sockaddr_in peer{};
    socklen_t bytes = sizeof peer;
    ::getpeername(connection, reinterpret_cast<sockaddr*>(&peer), &bytes);
    for (int i = 0; i < kClients; ++i) {
      sockaddr_in own{};
      bytes = sizeof own;
      ::getsockname(pairs_[static_cast<std::size_t>(i)].client.get(),
                    reinterpret_cast<sockaddr*>(&own), &bytes);
      if (own.sin_port == peer.sin_port) return i;
    }
    return -1;
  }
  static std::vector<int> clients(const HandedOver& handed) {
    std::vector<int> clients;
    for (const auto& [client, message] : handed.connections) clients.push_back(client);
    return clients;
  }

  std::array<TcpPair, kClients> pairs_;
  Custody custody_{64};
  pid_t worker_ = 0;
  const Inheritance* inheritance_ = nullptr;  ///< In the worker.
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(CustodyTest, GetsWhatAFrozenWorkerDoesNotTouch) {
  start_worker([](const Ledger& ledger, std::vector<Line>& lines) {
    lines[1].begin(5, true);
    lines[2].begin(5, true);
    lines[2].committing("HTTP/1.1 201 Created\r\n\r\n", 201, 7);
    lines[2].unflushed();
    lines[3].begin(5, true);
    lines[3].answer(100, false);
    ledger.idle();
  });
  ASSERT_TRUE(custody_.ledger().take());
  const HandedOver handed = ask(Condition::frozen);
  EXPECT_THAT(clients(handed), ElementsAre(0, 2));
  EXPECT_EQ(handed.lost, 0U) << "its worker lives";
  const auto open = parcel_of(handed.connections.at(0));
  ASSERT_TRUE(open);
  EXPECT_EQ(open->received, "GET 1GET 2");
  EXPECT_EQ(open->answer, "");
  const auto answered = parcel_of(handed.connections.at(2));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->received, "GET 1GET 2");
  EXPECT_EQ(answered->answer, "HTTP/1.1 201 Created\r\n\r\n");
  EXPECT_EQ(answered->entry.batch, 7U);

  // Those are gone, although it has not parted with them yet; of the others the death decides.
  custody_.ledger().release();
  end_worker();
  const HandedOver rest = ask(Condition::dead);
  EXPECT_THAT(clients(rest), ElementsAre(1, 3));
  EXPECT_EQ(rest.lost, 0U) << "both may run again: nothing of an answer has left";
}

TEST_F(CustodyTest, GetsAllButThePoisonOfADeadWorker) {
  start_worker([this](const Ledger& ledger, std::vector<Line>& lines) {
    lines[0].begin(5, true);
    ledger.handle(pairs_[0].server.get());
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), ElementsAre(1, 2, 3));
  EXPECT_EQ(handed.lost, 1U);
}

TEST_F(CustodyTest, GetsTheAnswersOfACommitThatItsWorkerDidNotLiveToSee) {
  start_worker([](const Ledger& ledger, std::vector<Line>& lines) {
    ledger.write();
    lines[2].begin(5, true);
    lines[2].committing("HTTP/1.1 201 Created\r\n\r\n", 201, 7);
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(handed.lost, 0U);
  const auto in_doubt = parcel_of(handed.connections.at(2));
  ASSERT_TRUE(in_doubt);
  EXPECT_EQ(static_cast<Stage>(in_doubt->entry.stage), Stage::committing);
  EXPECT_EQ(in_doubt->answer, "HTTP/1.1 201 Created\r\n\r\n");
  EXPECT_EQ(in_doubt->entry.batch, 7U);
}

// It has given one, died right behind giving the second, and right before the third.
TEST_F(CustodyTest, HasOnceWhatAWorkerGaveInItsLastMoment) {
  start_worker([this](const Ledger& ledger, std::vector<Line>& lines) {
    WorkerEnd end(*inheritance_);
    EXPECT_EQ(end.give(pairs_[0].server.get(), lines[0]), Sent::yes);
    const Entry second = lines[1].entry();
    EXPECT_EQ(end.give(pairs_[1].server.get(), lines[1]), Sent::yes);
    ledger.entry(pairs_[1].server.get()) = second;
    lines[1].give(2);
    lines[2].give(3);
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(handed.heard, 4) << "each once";
  EXPECT_EQ(handed.lost, 0U);
}

// The kernel knows of bytes that the dead worker did not read.
TEST_F(CustodyTest, HasNotLostWhatAWorkerGaveInItsLastMomentAndAnotherGoesOnWith) {
  start_worker([this](const Ledger& ledger, std::vector<Line>& lines) {
    WorkerEnd end(*inheritance_);
    const Entry entry = lines[1].entry();
    EXPECT_EQ(end.give(pairs_[1].server.get(), lines[1]), Sent::yes);
    ledger.entry(pairs_[1].server.get()) = entry;
    ledger.entry(pairs_[1].server.get()).received -= 1;
    lines[1].give(1);
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(handed.lost, 0U);
}

TEST_F(CustodyTest, GoesOnBehindAnAnswerThatHasLeft) {
  start_worker([this](const Ledger&, std::vector<Line>& lines) {
    for (std::size_t i = 0; i < kClients; ++i) {
      lines[i].begin(5, false);
      lines[i].answer(8, i == 1);
      const std::size_t left = i == 2 ? 4 : i == 3 ? 0 : 8;
      ::send(pairs_[i].server.get(), "answered", left, MSG_NOSIGNAL);
    }
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), ElementsAre(0)) << "1 was told to go, 2 has a half, 3 nothing";
  const auto parcel = parcel_of(handed.connections.at(0));
  ASSERT_TRUE(parcel);
  EXPECT_EQ(parcel->received, "GET 2");
  EXPECT_EQ(parcel->entry.sent, 8U);
  EXPECT_EQ(handed.lost, 2U);
}

TEST_F(CustodyTest, CountsAsLostWhatMayNotMove) {
  start_worker([](const Ledger&, std::vector<Line>& lines) {
    lines[0].begin(5, false);
    lines[1].close();
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead, /*may_move=*/false);
  EXPECT_THAT(clients(handed), IsEmpty());
  EXPECT_EQ(handed.lost, 3U);
}

/// A worker with wild pointers may leave anything behind.
TEST_F(CustodyTest, DoesNotBelieveWhatCannotBe) {
  start_worker([this](const Ledger& ledger, std::vector<Line>&) {
    const auto entry = [&](std::size_t i) -> Entry& {
      return ledger.entry(pairs_[i].server.get());
    };
    entry(0).bytes = Ledger::kBufferBytes + 1;
    entry(1).request_bytes = 11;  // of 10
    entry(2).stage = static_cast<std::uint32_t>(Stage::unflushed);
    entry(2).prepared_bytes = ~0U;
    entry(3).stage = 4711;
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), IsEmpty());
  EXPECT_EQ(handed.lost + handed.spoilt, 4U);
}

TEST_F(CustodyTest, OutlivesALedgerFullOfNoise) {
  start_worker([](const Ledger& ledger, std::vector<Line>&) {
    unsigned noise = 1;
    for (int fd = 0; fd < ledger.capacity(); ++fd) {
      auto* const bytes = reinterpret_cast<unsigned char*>(&ledger.entry(fd));
      for (std::size_t i = 0; i < sizeof(Entry); ++i) {
        noise = noise * 1'664'525 + 1'013'904'223;
        bytes[i] = static_cast<unsigned char>(noise >> 24);
      }
    }
  });
  end_worker();
  const HandedOver handed = ask(Condition::dead);
  EXPECT_THAT(clients(handed), IsEmpty());
  EXPECT_EQ(handed.lost, 4U) << "descriptors without a connection are nobody's";
}

/// Locks of a dead worker are given up by its keeper, which has its descriptors.
TEST_F(CustodyTest, GivesUpFilesAndLocksWhenItIsReleased) {
  const support::TempDir directory;
  const std::string name = directory.path() / "lock";
  const os::UniqueFd own(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  start_worker([&](const Ledger&, std::vector<Line>&) {
    const int file = ::open(name.c_str(), O_RDWR);
    ::flock(file, LOCK_EX);
  });
  end_worker();
  EXPECT_NE(::flock(own.get(), LOCK_EX | LOCK_NB), 0) << "the keeper has it";
  custody_.release();
  const HandedOver handed = ask(Condition::dead);  // asked later, answered later
  EXPECT_EQ(::flock(own.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_THAT(clients(handed), ElementsAre(0, 1, 2, 3));
}

TEST_F(CustodyTest, DealsOnceWhatIsNotWrittenDown) {
  start_worker([](const Ledger& ledger, std::vector<Line>&) { ledger.idle(); });
  ASSERT_TRUE(custody_.ledger().take());
  HandedOver handed = ask(Condition::frozen);
  ASSERT_EQ(handed.connections.size(), 4U);

  Custody receiver(64);  // whose worker's end we have
  const Ledger& ledger = receiver.ledger();
  WorkerEnd worker({ledger, receiver.for_child()[1]});
  for (auto& [client, message] : handed.connections) {
    EXPECT_EQ(receiver.deal(message), Sent::yes);
  }
  EXPECT_EQ(receiver.on_its_way(), 4U);
  for (std::uint64_t number = 1; number <= 2; ++number) {
    const auto heard = worker.hear();
    ASSERT_TRUE(heard && heard->connection);
    const auto parcel = parcel_of(*heard->connection);
    EXPECT_EQ(parcel->entry.parcel, number);
    worker.adopted(number);
    EXPECT_EQ(receiver.on_its_way(), 4 - number);
  }
  // It dies: what it has not adopted is ours again, and it can take none of it any more.
  EXPECT_EQ(receiver.take_back().size(), 2U);
  EXPECT_EQ(receiver.on_its_way(), 0U);
  for (int i = 0; i < 2; ++i) {
    const auto heard = worker.hear();
    ASSERT_TRUE(heard);
    EXPECT_FALSE(heard->connection);
  }
}

}  // namespace
}  // namespace forkscope::protection
