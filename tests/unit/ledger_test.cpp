// The hand of a worker, which it and the primary move: whoever moves it, the other one knows.
#include "protection/ledger.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ostream>
#include <thread>

namespace forkscope::protection {

void PrintTo(Hand hand, std::ostream* out) { *out << static_cast<int>(hand); }

namespace {

class LedgerTest : public ::testing::Test {
 protected:
  Hand hand() const { return ledger_.grip().hand; }

  const Ledger ledger_{8};
};

TEST_F(LedgerTest, NamesWhatTheWorkerIsAboutToTouch) {
  EXPECT_EQ(hand(), Hand::loop);
  ledger_.frame(3);
  EXPECT_EQ(hand(), Hand::framing);
  EXPECT_EQ(ledger_.grip().fd, 3);
  ledger_.handle(7);
  EXPECT_EQ(hand(), Hand::handling);
  EXPECT_EQ(ledger_.grip().fd, 7);
  ledger_.write(0);
  EXPECT_EQ(hand(), Hand::writing);
  EXPECT_EQ(ledger_.grip().fd, 0);
  ledger_.write();
  EXPECT_EQ(hand(), Hand::writing);
  EXPECT_EQ(ledger_.grip().fd, -1);
  ledger_.idle();
  EXPECT_EQ(hand(), Hand::idle);
  EXPECT_EQ(ledger_.grip().fd, -1);
}

TEST_F(LedgerTest, IsTakenOnlyFromOneThatTouchesNothingElse) {
  ledger_.loop();
  EXPECT_FALSE(ledger_.take());
  ledger_.frame(3);
  EXPECT_FALSE(ledger_.take());
  ledger_.write();
  EXPECT_FALSE(ledger_.take());
  ledger_.write(3);
  EXPECT_FALSE(ledger_.take());
  EXPECT_EQ(hand(), Hand::writing);

  ledger_.idle();
  EXPECT_TRUE(ledger_.take());
  EXPECT_EQ(hand(), Hand::taken);
  EXPECT_FALSE(ledger_.take()) << "once";
  EXPECT_FALSE(ledger_.go_on());
}

TEST_F(LedgerTest, RemembersWhatWasHandledWhenItWasTaken) {
  ledger_.handle(3);
  EXPECT_TRUE(ledger_.take());
  EXPECT_EQ(ledger_.grip().fd, 3);
  EXPECT_FALSE(ledger_.go_on());
  ledger_.release();
  EXPECT_EQ(hand(), Hand::released);
  EXPECT_EQ(ledger_.grip().fd, 3);
  EXPECT_FALSE(ledger_.take());
  ledger_.await_release();
  EXPECT_EQ(hand(), Hand::released) << "until it has parted with what is not its own any more";
  ledger_.loop();
  EXPECT_EQ(hand(), Hand::loop);
}

TEST_F(LedgerTest, GoesOnWhereNobodyHasTakenIt) {
  ledger_.idle();
  EXPECT_TRUE(ledger_.go_on());
  EXPECT_EQ(hand(), Hand::loop);
  EXPECT_FALSE(ledger_.take());
  ledger_.handle(3);
  EXPECT_TRUE(ledger_.go_on());
  EXPECT_FALSE(ledger_.take());
}

/// The handler returns at the very moment of the declaration: one of the two wins, in each round.
TEST_F(LedgerTest, IsEitherTakenOrGoesOn) {
  constexpr int kRounds = 2'000;
  std::atomic<int> round = 0;
  std::atomic<int> answered = 0;
  std::atomic<bool> is_taken = false;
  std::thread primary([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (round < i) std::this_thread::yield();
      is_taken = ledger_.take();
      if (is_taken) ledger_.release();
      answered = i;
    }
  });
  int wrong = 0;
  for (int i = 1; i <= kRounds; ++i) {
    if (i % 2 == 0) {
      ledger_.idle();
    } else {
      ledger_.handle(3);
    }
    round = i;
    const bool goes_on = ledger_.go_on();
    if (!goes_on) {
      ledger_.await_release();
      ledger_.loop();
    }
    while (answered < i) std::this_thread::yield();
    if (goes_on == is_taken || hand() != Hand::loop) ++wrong;
  }
  primary.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(LedgerTest, WaitsUntilThePrimaryHasAllThatItWants) {
  ledger_.handle(3);
  ASSERT_TRUE(ledger_.take());
  std::atomic<bool> goes_on = false;
  std::thread worker([&] {
    ASSERT_FALSE(ledger_.go_on());
    ledger_.await_release();
    goes_on = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(goes_on);
  ledger_.release();
  worker.join();
  EXPECT_EQ(hand(), Hand::released);
}

TEST_F(LedgerTest, IsThereWhenItsWorkerIsNot) {
  const pid_t worker = ::fork();
  if (worker == 0) {
    ledger_.entry(7).received = 42;
    std::memcpy(ledger_.buffer(7) + Ledger::kBufferBytes - 4, "last", 4);
    ledger_.keeper(4711, 0);
    ledger_.adopted(9);
    ledger_.handle(7);
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(worker, nullptr, 0), worker);
  EXPECT_EQ(ledger_.entry(7).received, 42U);
  EXPECT_EQ(std::memcmp(ledger_.buffer(7) + Ledger::kBufferBytes - 4, "last", 4), 0);
  EXPECT_EQ(ledger_.keeper(), 4711);
  EXPECT_EQ(ledger_.adopted(), 9U);
  EXPECT_EQ(hand(), Hand::handling);
  EXPECT_EQ(ledger_.grip().fd, 7);
}

TEST_F(LedgerTest, TellsTheWorkerWhatThePrimaryWants) {
  EXPECT_FALSE(ledger_.protects());
  ledger_.protects(true);
  EXPECT_TRUE(ledger_.protects());
  ledger_.protects(false);
  EXPECT_FALSE(ledger_.protects());
  ledger_.revoke(5);
  EXPECT_EQ(ledger_.revoked(), 5U);
  ledger_.keeper(0, EPERM);
  EXPECT_EQ(ledger_.keeper(), 0);
  EXPECT_EQ(ledger_.why_no_keeper(), EPERM);
}

TEST_F(LedgerTest, TrimsABufferToItsFirstPage) {
  std::memset(ledger_.buffer(2), 'a', Ledger::kBufferBytes);
  std::memset(ledger_.buffer(3), 'b', Ledger::kBufferBytes);
  ledger_.trim(2);
  EXPECT_EQ(ledger_.buffer(2)[4095], 'a');
  EXPECT_EQ(ledger_.buffer(2)[4096], 0);
  EXPECT_EQ(ledger_.buffer(2)[Ledger::kBufferBytes - 1], 0);
  EXPECT_EQ(ledger_.buffer(3)[0], 'b');
}

TEST(LedgerOfNobody, HasAHandAndKeepsNothing) {
  const Ledger ledger{0};
  EXPECT_FALSE(ledger.covers(0));
  EXPECT_FALSE(ledger.covers(-1));
  ledger.handle(3);
  EXPECT_TRUE(ledger.go_on());
  EXPECT_FALSE(ledger.protects());
}

}  // namespace
}  // namespace forkscope::protection
