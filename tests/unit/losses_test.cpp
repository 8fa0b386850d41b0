#include "words/losses.h"

#include <gtest/gtest.h>

#include "event_builder.h"

namespace forkscope::words {
namespace {

using telemetry::EventKind;
using telemetry::EventRecord;
using telemetry::ExitCause;
using test::event;
using test::exited;
using test::kSecond;

constexpr std::uint64_t kStart = 100 * kSecond;

class LossesTest : public testing::Test {
 protected:
  /// A picture in which the server counts so many, and what it has told since the one before.
  void look(std::uint64_t time_ns, std::uint64_t counted, const std::vector<EventRecord>& events) {
    picture::Snapshot picture;
    picture.attachment = picture::Attachment::live;
    picture.time_ns = time_ns;
    picture.totals.abandoned = counted;
    history_.add(picture, {}, events);
  }

  std::string text(std::uint64_t time_ns, std::size_t most = 4) const {
    return losses_text(losses_at(history_, time_ns), most);
  }

  history::History history_;
};

TEST_F(LossesTest, EachDeathSaysWhatItTookAlongAndTheyAddUp) {
  look(kStart, 0, {event(kStart, EventKind::fork, 1, 1)});
  look(kStart + 2 * kSecond, 3,
       {exited(kStart + kSecond, 3, 1, ExitCause::signaled, SIGABRT, 1),
        exited(kStart + 2 * kSecond, 1, 1, ExitCause::exited, 70, 2)});
  EXPECT_EQ(text(kStart + 2 * kSecond),
            "3 requests lost: 2 with worker 1 (exit code 70), 1 with worker 3 (SIGABRT)");
  EXPECT_EQ(text(kStart), "");
  const Losses losses = losses_at(history_, kStart + 2 * kSecond);
  std::uint64_t sum = losses.earlier;
  for (const Loss& loss : losses.known) sum += loss.requests;
  EXPECT_EQ(sum, losses.total);
}

/// Incidents or not: a worker that was asked to go may take requests along, too.
TEST_F(LossesTest, ADeathThatHasNoReceiptCounts) {
  look(kStart + kSecond, 1,
       {event(kStart, EventKind::disconnect, 2, 1),
        exited(kStart + kSecond, 2, 1, ExitCause::signaled, SIGKILL, 1)});
  EXPECT_EQ(text(kStart + kSecond), "1 request lost: 1 with worker 2 (SIGKILL)");
}

TEST_F(LossesTest, WhatIsOlderThanTheEventsIsEarlier) {
  look(kStart + kSecond, 7, {exited(kStart + kSecond, 2, 9, ExitCause::signaled, SIGSEGV, 2)});
  EXPECT_EQ(text(kStart + kSecond), "7 requests lost: 2 with worker 2 (SIGSEGV), 5 earlier");
}

TEST_F(LossesTest, OfManyDeathsTheNewestAreNamed) {
  std::vector<EventRecord> events;
  for (std::uint32_t generation = 1; generation <= 4; ++generation) {
    events.push_back(exited(kStart + generation, 1, generation, ExitCause::signaled, SIGSEGV, 1));
  }
  look(kStart + kSecond, 4, events);
  EXPECT_EQ(text(kStart + kSecond, 1), "4 requests lost: 1 with worker 1 (SIGSEGV), 3 earlier");
}

TEST_F(LossesTest, WhatAnotherServerLostBeforeIsNotOfThisOne) {
  look(kStart, 2, {exited(kStart, 1, 1, ExitCause::signaled, SIGSEGV, 2)});
  look(kStart + kSecond, 1,
       {event(kStart + 1, EventKind::fork, 1, 1),
        exited(kStart + kSecond, 1, 1, ExitCause::signaled, SIGABRT, 1)});
  EXPECT_EQ(text(kStart + kSecond), "1 request lost: 1 with worker 1 (SIGABRT)");
}

}  // namespace
}  // namespace forkscope::words
