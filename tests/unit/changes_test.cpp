#include "history/changes.h"

#include <gmock/gmock.h>

#include "event_builder.h"
#include "history/history.h"
#include "words/change_text.h"

namespace forkscope::history {
namespace {

using telemetry::EventKind;
using telemetry::EventRecord;
using telemetry::ExitCause;
using telemetry::MoveReason;
using test::event;
using test::exited;
using test::kMillisecond;
using test::kSecond;
using test::moved;

constexpr std::uint64_t kStart = 100 * kSecond;

EventRecord of_server(std::uint64_t time_ns, EventKind kind, std::uint32_t value,
                      std::string_view text = {}) {
  EventRecord record = event(time_ns, kind, 0, 0);
  record.exit_code = value;
  record.text_bytes = static_cast<std::uint16_t>(text.copy(record.text, sizeof record.text));
  return record;
}

class ChangesTest : public testing::Test {
 protected:
  ChangesTest() { look(kStart - kSecond, 2); }

  /// A picture in which so many workers are wanted.
  void look(std::uint64_t time_ns, std::uint64_t wanted, std::vector<EventRecord> events = {}) {
    picture::Snapshot picture;
    picture.attachment = picture::Attachment::live;
    picture.time_ns = time_ns;
    picture.server.target_workers = wanted;
    picture.totals.closed = closed_;
    history_.add(picture, {}, events);
  }

  std::string said(std::uint64_t at_ns) const {
    const auto changes = changes_between(history_, 0, at_ns);
    return changes.empty() ? "" : joined(words::change_text(changes.back(), at_ns));
  }

  /// Worker `number` gives its connections away and goes, and the next generation serves.
  static std::vector<EventRecord> replacement(std::uint64_t at_ns, std::uint16_t number) {
    return {event(at_ns, EventKind::disconnect, number, 1),
            moved(at_ns + kMillisecond, number, 1, MoveReason::drain, 15, "3:15"),
            exited(at_ns + 2 * kMillisecond, number, 1, ExitCause::exited, 0),
            event(at_ns + 3 * kMillisecond, EventKind::fork, number, 2),
            event(at_ns + 40 * kMillisecond, EventKind::listening, number, 2)};
  }

  History history_;
  std::optional<std::uint64_t> closed_;
};

TEST_F(ChangesTest, AReloadCountsWhoIsReplacedAndWhatMoved) {
  look(kStart + 30 * kMillisecond, 2,
       {of_server(kStart, EventKind::reload, 1), event(kStart, EventKind::fork, 3, 1),
        event(kStart + 20 * kMillisecond, EventKind::listening, 3, 1)});
  EXPECT_EQ(said(kStart + 30 * kMillisecond), "RELOAD 0.0 s · 0 of 2 replaced");
  look(kStart + 100 * kMillisecond, 2, replacement(kStart + 40 * kMillisecond, 1));
  EXPECT_EQ(said(kStart + 100 * kMillisecond),
            "RELOAD 0.1 s · 1 of 2 replaced · 15 connections moved · no request lost");
  look(kStart + 200 * kMillisecond, 2, replacement(kStart + 110 * kMillisecond, 2));
  // The one that stood in goes when it is done, and what it had is of the reload, too.
  look(kStart + 400 * kMillisecond, 2,
       {event(kStart + 300 * kMillisecond, EventKind::disconnect, 3, 1),
        of_server(kStart + 300 * kMillisecond, EventKind::reload, 0),
        moved(kStart + 310 * kMillisecond, 3, 1, MoveReason::drain, 4, "1:4"),
        exited(kStart + 320 * kMillisecond, 3, 1, ExitCause::exited, 0)});
  EXPECT_EQ(said(kStart + 400 * kMillisecond),
            "Reload: 2 of 2 replaced in 300 ms · 34 connections moved · no request lost");
  EXPECT_EQ(said(kStart + 100 * kMillisecond),
            "RELOAD 0.1 s · 1 of 2 replaced · 15 connections moved · no request lost");
}

/// Who has not seen how many are wanted still knows who stands in, and does not count it.
TEST_F(ChangesTest, AReloadSaysWhoStandsInAndDoesNotCountIt) {
  EventRecord fork = event(kStart, EventKind::fork, 3, 1);
  fork.text_bytes = static_cast<std::uint16_t>(std::string_view("stands in").copy(fork.text, 9));
  look(kStart + 30 * kMillisecond, 0,
       {of_server(kStart, EventKind::reload, 1), fork,
        event(kStart + 20 * kMillisecond, EventKind::listening, 3, 1)});
  const Change open = changes_between(history_, 0, kStart + 30 * kMillisecond).back();
  EXPECT_EQ(open.extra, std::pair(3U, 1U));
  EXPECT_TRUE(open.replaced.empty());
  EXPECT_THAT(said(kStart + 30 * kMillisecond), testing::EndsWith(" · worker 3 stands in"));
  look(kStart + 200 * kMillisecond, 0, replacement(kStart + 40 * kMillisecond, 1));
  look(kStart + 300 * kMillisecond, 0,
       {of_server(kStart + 300 * kMillisecond, EventKind::reload, 0)});
  const std::string receipt = said(kStart + 300 * kMillisecond);
  EXPECT_THAT(receipt, testing::StartsWith("Reload: 1 "));
  EXPECT_THAT(receipt, testing::EndsWith(" · no request lost · worker 3 stood in"));
}

/// A reload of worker 1, looked at ten times in each second. By its beginning and by its end so
/// many connections have been closed.
class ClosingTest : public ChangesTest {
 protected:
  std::string receipt(std::optional<std::uint64_t> before, std::optional<std::uint64_t> after) {
    closed_ = before;
    for (std::uint64_t at_ns = kStart - kSecond / 2; at_ns < kStart; at_ns += kSecond / 10) {
      look(at_ns, 2);
    }
    std::vector<EventRecord> events{of_server(kStart, EventKind::reload, 1)};
    const auto replaced = replacement(kStart + 10 * kMillisecond, 1);
    events.insert(events.end(), replaced.begin(), replaced.end());
    events.push_back(of_server(kStart + 60 * kMillisecond, EventKind::reload, 0));
    closed_ = after;
    look(kStart + 70 * kMillisecond, 2, events);
    EXPECT_FALSE(changes_between(history_, 0, kStart + 70 * kMillisecond).back().settled);
    for (std::uint64_t at_ns = kStart + kSecond / 10; at_ns < kStart + kSecond;
         at_ns += kSecond / 10) {
      look(at_ns, 2);
    }
    EXPECT_TRUE(changes_between(history_, 0, history_.newest_ns()).back().settled);
    return said(history_.newest_ns());
  }
};

TEST_F(ClosingTest, WhereNoConnectionHasGoneNoneWasClosed) {
  EXPECT_THAT(receipt(7, 7), testing::HasSubstr(" · 15 connections moved, none closed · "));
}

TEST_F(ClosingTest, WhoHasClosedAConnectionNobodyCounts) {
  EXPECT_THAT(receipt(7, 8), testing::HasSubstr(" · 15 connections moved · no request lost"));
}

TEST_F(ClosingTest, WhatIsNotKnownIsNotSaid) {
  EXPECT_THAT(receipt({}, {}), testing::HasSubstr(" · 15 connections moved · no request lost"));
}

TEST_F(ChangesTest, AReloadThatIsGivenUpSaysWhy) {
  look(kStart + 2 * kSecond, 2,
       {of_server(kStart, EventKind::reload, 1),
        of_server(kStart + kSecond, EventKind::reload, 0, "no database")});
  EXPECT_EQ(said(kStart + 2 * kSecond),
            "Reload given up after 1.00 s · 0 of 2 replaced · no database");
}

TEST_F(ChangesTest, WhatADrainLosesIsSaid) {
  look(kStart + kSecond, 2,
       {of_server(kStart, EventKind::reload, 1), event(kStart + 1, EventKind::disconnect, 1, 1),
        exited(kStart + 2, 1, 1, ExitCause::signaled, SIGKILL, 3),
        of_server(kStart + 100 * kMillisecond, EventKind::reload, 0)});
  EXPECT_EQ(said(kStart + kSecond), "Reload: 0 of 2 replaced in 100 ms · 3 requests lost");
}

TEST_F(ChangesTest, ScalingUpIsOverWhenAllThatAreNewServe) {
  look(kStart + 50 * kMillisecond, 4,
       {of_server(kStart, EventKind::scale, 4), event(kStart, EventKind::fork, 3, 1),
        event(kStart, EventKind::fork, 4, 1),
        event(kStart + 40 * kMillisecond, EventKind::listening, 4, 1)});
  EXPECT_EQ(said(kStart + 50 * kMillisecond), "SCALING 0.0 s · from 2 to 4 workers");
  look(kStart + 200 * kMillisecond, 4,
       {event(kStart + 61 * kMillisecond, EventKind::listening, 3, 1)});
  EXPECT_EQ(said(kStart + 200 * kMillisecond), "Scaled from 2 to 4 workers in 61 ms");
}

TEST_F(ChangesTest, ScalingDownIsOverWhenAllThatLeaveHaveEnded) {
  look(kStart + 200 * kMillisecond, 1,
       {of_server(kStart, EventKind::scale, 1), event(kStart + 1, EventKind::disconnect, 2, 1),
        moved(kStart + 2, 2, 1, MoveReason::drain, 5, "1:5"),
        exited(kStart + 20 * kMillisecond, 2, 1, ExitCause::exited, 0)});
  EXPECT_EQ(said(kStart + 10 * kMillisecond),
            "SCALING 0.0 s · from 2 to 1 worker · 5 connections moved · no request lost");
  EXPECT_EQ(said(kStart + 200 * kMillisecond),
            "Scaled from 2 to 1 worker in 20 ms · 5 connections moved · no request lost");
}

/// Whoever asks holds the picture that is looked at.
TEST_F(ChangesTest, ManyChangesLeaveThePictureThatIsHeld) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::uint64_t at_ns = kStart + i * 100 * kMillisecond;
    look(at_ns + 50 * kMillisecond, 2,
         {of_server(at_ns, EventKind::reload, 1), of_server(at_ns + 1, EventKind::reload, 0)});
  }
  const picture::Snapshot& held = history_.at(kStart + kSecond);
  const std::uint64_t time_ns = held.time_ns;
  const auto changes = changes_between(history_, 0, kStart + 10 * kSecond);
  EXPECT_EQ(changes.size(), 40U);
  EXPECT_EQ(held.time_ns, time_ns);
  EXPECT_EQ(&history_.at(kStart + kSecond), &held);
}

TEST_F(ChangesTest, ACrashAndItsMovesAreNoPartOfAReload) {
  look(kStart + kSecond, 2,
       {of_server(kStart, EventKind::reload, 1),
        moved(kStart + 1, 1, 1, MoveReason::crash, 5, "2:5"),
        exited(kStart + 2, 1, 1, ExitCause::signaled, SIGSEGV, 1),
        of_server(kStart + 100 * kMillisecond, EventKind::reload, 0)});
  EXPECT_EQ(said(kStart + kSecond), "Reload: 0 of 2 replaced in 100 ms");
}

}  // namespace
}  // namespace forkscope::history
