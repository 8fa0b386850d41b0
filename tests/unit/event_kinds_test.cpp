// The table of events: what everybody says and thinks of a kind, also of one that has no row.
#include "forkscope/telemetry/event_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>
#include <set>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::telemetry {
namespace {

EventRecord event(EventKind kind, std::uint16_t worker, std::string_view text = {}) {
  EventRecord event{};
  event.kind = static_cast<std::uint16_t>(kind);
  event.worker = worker;
  event.text_bytes = static_cast<std::uint16_t>(text.copy(event.text, kEventTextBytes));
  return event;
}

TEST(EventKinds, EveryKindHasARowAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::uint16_t number = 1;; ++number) {
    const EventTraits& traits = traits_of(static_cast<EventKind>(number));
    if (traits.kind == EventKind::none) break;
    EXPECT_EQ(static_cast<std::uint16_t>(traits.kind), number);
    EXPECT_NE(traits.name, "unknown") << number;
    EXPECT_TRUE(names.insert(traits.name).second) << traits.name;
  }
  EXPECT_GE(names.size(), static_cast<std::size_t>(EventKind::shutdown));
}

TEST(EventKinds, ANumberWithoutARowIsToldAsUnknown) {
  for (const auto kind : {EventKind{0}, EventKind{0x7fff}, EventKind{0xffff}}) {
    EXPECT_EQ(traits_of(kind).name, "unknown");
    EXPECT_FALSE(is_warning(event(kind, 1)));
    EXPECT_EQ(describe(event(kind, 3)), "worker 3 unknown");
    EXPECT_EQ(describe(event(kind, 0)), "server: unknown");
  }
}

TEST(EventKinds, AWorkersEventOfTheServerIsNoSentenceAboutEither) {
  EXPECT_EQ(describe(event(EventKind::hung, 0, "idle")), "server: hung");
  EXPECT_EQ(describe(event(EventKind::scale, 2)), "worker 2 scale");
}

TEST(EventKinds, AnExitIsAWarningUnlessItWasClean) {
  EventRecord ended = event(EventKind::exit, 1);
  ended.exit_cause = static_cast<std::uint32_t>(ExitCause::exited);
  EXPECT_FALSE(is_warning(ended));
  ended.exit_code = 3;
  EXPECT_TRUE(is_warning(ended));
  ended.exit_code = 0;
  ended.exit_cause = static_cast<std::uint32_t>(ExitCause::signaled);
  EXPECT_TRUE(is_warning(ended));
}

TEST(EventKinds, AHangIsInARequestOrInAPhaseOfTheLoop) {
  const HungIn request = hung_in("GET /v1/faults/hang");
  EXPECT_EQ(request.request, "GET /v1/faults/hang");
  EXPECT_EQ(request.phase, "");
  for (const Phase phase : {Phase::booting, Phase::idle, Phase::reading, Phase::handling,
                            Phase::committing, Phase::flushing}) {
    const std::string name(to_string(phase));
    EXPECT_EQ(hung_in(name).phase, name);
    EXPECT_EQ(hung_in(name).request, "");
    EXPECT_EQ(during(name), " while " + name);
  }
  EXPECT_EQ(during("GET /"), " in GET /");
  EXPECT_EQ(during(""), "");
}

/// Who sends a signal, or moves connections, is the primary.
TEST(EventKinds, NoWorkerIsSaidToDoWhatIsDoneToIt) {
  EXPECT_EQ(describe(event(EventKind::abort, 2)), "worker 2 was sent SIGABRT");
  EXPECT_EQ(describe(event(EventKind::stopped, 2)), "worker 2 was stopped by a signal");
  EventRecord signal = event(EventKind::signal, 2);
  signal.exit_code = SIGHUP;
  EXPECT_EQ(describe(signal), "worker 2 was sent SIGHUP on request");
  EventRecord moved = event(EventKind::moved, 2, "3:1");
  moved.exit_code = moved.exit_cause = 1;
  moved.duration_ns = 3'000'000;
  EXPECT_EQ(describe(moved), "worker 2 had 1 connection moved (hang) in 3.0 ms: 1 to worker 3");
  moved = event(EventKind::moved, 2, "3:5 4:6");
  moved.exit_code = 11;
  moved.duration_ns = 3'000'000;
  moved.exit_cause = static_cast<std::uint32_t>(MoveReason::crash);
  EXPECT_EQ(describe(moved),
            "worker 2 had 11 connections moved (death) in 3.0 ms: 5 to worker 3, 6 to 4");
  EXPECT_THAT(describe(event(EventKind::moved, 2, "3:5 nonsense")),
              ::testing::EndsWith(": 3:5 nonsense"));
}

TEST(EventKinds, ASwitchOfTheBalanceNamesBothPolicies) {
  EventRecord balance = event(EventKind::balance, 0);
  balance.exit_cause = static_cast<std::uint32_t>(BalancePolicy::least);
  balance.exit_code = static_cast<std::uint32_t>(BalancePolicy::round_robin);
  EXPECT_EQ(describe(balance), "balance: least → round-robin");
}

TEST(EventKinds, AForkSaysWhatItIsForIfTheWorkerIsNotToStay) {
  EventRecord fork = event(EventKind::fork, 5);
  fork.pid = 4715;
  fork.generation = 1;
  EXPECT_EQ(describe(fork), "worker 5 forked: pid 4715, generation 1");
  EventRecord extra = event(EventKind::fork, 5, "stands in during the reload");
  extra.pid = 4715;
  extra.generation = 1;
  EXPECT_EQ(describe(extra),
            "worker 5 forked: pid 4715, generation 1, stands in during the reload");
}

/// `line` as a reader shows it who has room for `columns` bytes and takes the dots for one.
std::string fitted(const EventRecord& record, std::size_t columns) {
  return event_line(record).fitted([columns](const std::string& text) {
    const bool dots = text.find("…") != std::string::npos;
    return text.size() - (dots ? 2 : 0) <= columns;
  });
}

TEST(EventKinds, WhereThereIsLittleRoomThePathOfAHangGivesWayNotItsKind) {
  EventRecord hung = event(EventKind::hung, 3, "GET /v1/faults/hang");
  hung.duration_ns = 2'000'000'000;
  hung.hang_kind = static_cast<std::uint16_t>(HangKind::spin);
  const std::string whole = "worker 3 hung 2.00 s in GET /v1/faults/hang (spin)";
  EXPECT_EQ(describe(hung), whole);
  EXPECT_EQ(fitted(hung, whole.size()), whole);
  EXPECT_EQ(fitted(hung, whole.size() - 1), "worker 3 hung 2.00 s in GET …/faults/hang (spin)");
  EXPECT_EQ(fitted(hung, 42), "worker 3 hung 2.00 s in GET …/hang (spin)");
  EXPECT_EQ(fitted(hung, 40), "worker 3 hung 2.00 s in GET … (spin)");
  EXPECT_EQ(fitted(hung, 1), "worker 3 hung 2.00 s in GET … (spin)") << "the reader has to cut it";
}

TEST(EventKinds, WhereThereIsLittleRoomAnEndStillSaysWhatWasLost) {
  EventRecord ended = event(EventKind::exit, 3);
  ended.exit_cause = static_cast<std::uint32_t>(ExitCause::signaled);
  ended.exit_code = SIGABRT;
  ended.exit_flags = kExitCoreDumped | kExitWasHung;
  ended.abandoned = 1;
  EXPECT_EQ(fitted(ended, 99), "worker 3 ended by SIGABRT, core dumped, was hung, 1 request lost");
  EXPECT_EQ(fitted(ended, 60), "worker 3 ended by SIGABRT…, was hung, 1 request lost");
  EXPECT_EQ(fitted(ended, 45), "worker 3 ended by SIGABRT…, 1 request lost");
}

TEST(EventKinds, AnExceptionSaysWhereItWasThrownAndWhatItWas) {
  EventRecord thrown = event(EventKind::exception, 2, "GET /v1/x/y: database is locked");
  thrown.exit_code = 1;
  EXPECT_TRUE(is_warning(thrown));
  EXPECT_EQ(describe(thrown), "worker 2 had an exception in GET /v1/x/y: database is locked");
  EXPECT_EQ(fitted(thrown, 57), "worker 2 had an exception in GET …/y: database is locked");
  EXPECT_EQ(fitted(thrown, 1), "worker 2 had an exception in GET …: database is locked");
  thrown.exit_code = 165;
  EXPECT_EQ(describe(thrown),
            "worker 2 had 165 exceptions, the latest in GET /v1/x/y: database is locked");
  thrown.duration_ns = 20'000'000'000;
  EXPECT_EQ(describe(thrown),
            "worker 2 had 165 exceptions in 20.0 s, the latest in GET /v1/x/y: database is locked");
}

TEST(EventKinds, AnExceptionNeedSayNothing) {
  EventRecord thrown = event(EventKind::exception, 2);
  EXPECT_EQ(describe(thrown), "worker 2 had an exception");
  thrown.exit_code = 3;
  EXPECT_EQ(describe(thrown), "worker 2 had 3 exceptions");
  for (const char* text : {"x", " ", "no request", ": ", "GET ", "a: b"}) {
    EXPECT_EQ(describe(event(EventKind::exception, 2, text)),
              std::string("worker 2 had an exception in ") + text);
  }
}

TEST(EventKinds, ATextIsClampedToItsRecordAndPrintable) {
  EventRecord killed = event(EventKind::kill, 1, "why");
  EXPECT_EQ(describe(killed), "worker 1 was sent SIGKILL: why");
  std::memset(killed.text, 'x', sizeof killed.text);
  killed.text_bytes = 0xffff;
  EXPECT_EQ(event_text(killed), std::string(kEventTextBytes, 'x'));
  killed.text[0] = '\x1b';
  EXPECT_EQ(event_text(killed).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace forkscope::telemetry
