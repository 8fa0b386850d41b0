#include "history/incidents.h"

#include <gtest/gtest.h>

#include "event_builder.h"
#include "forkscope/telemetry/event_text.h"
#include "words/format.h"
#include "words/outage.h"
#include "words/phrase.h"
#include "words/wording.h"

namespace forkscope::history {
namespace {

using telemetry::EventKind;
using telemetry::ExitCause;
using telemetry::MoveReason;
using test::event;
using test::exited;
using test::hung;
using test::kMillisecond;
using test::kSecond;
using test::moved;

constexpr std::uint64_t kStart = 100 * kSecond;

/// Worker 3 serves, hangs in a request, is aborted, and exits.
void hang_and_die(Incidents& incidents) {
  incidents.add(event(10 * kSecond, EventKind::fork, 3, 1));
  incidents.add(event(10 * kSecond + kMillisecond, EventKind::listening, 3, 1));
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /v1/faults/hang", 1'000));
  incidents.add(event(kStart + 5 * kSecond, EventKind::abort, 3, 1));
  telemetry::EventRecord exit = exited(kStart + 5 * kSecond, 3, 1, ExitCause::signaled, SIGABRT, 1);
  exit.exit_flags = telemetry::kExitWasHung;
  incidents.add(exit);
}

TEST(Incidents, AHangLastsUntilTheSuccessorListens) {
  Incidents incidents;
  hang_and_die(incidents);
  ASSERT_EQ(incidents.all().size(), 1U);
  const Incident& incident = incidents.all()[0];
  EXPECT_EQ(incident.kind, IncidentKind::hang);
  EXPECT_TRUE(incident.open());
  EXPECT_EQ(incident.request, "GET /v1/faults/hang");
  EXPECT_EQ(incident.hang_kind, telemetry::HangKind::spin);

  incidents.add(event(kStart + 5 * kSecond + 10 * kMillisecond, EventKind::fork, 3, 2));
  EXPECT_TRUE(incident.open());
  EXPECT_EQ(incident.fork_ns, kStart + 5 * kSecond + 10 * kMillisecond);
  incidents.add(
      event(kStart + 5 * kSecond + 38 * kMillisecond, EventKind::listening, 3, 2, 16'331));
  EXPECT_FALSE(incident.open());
  EXPECT_EQ(joined(words::receipt(incident)),
            "hung · out for 5.04 s: noticed after 2.00, killed after 5.00, served again 38 ms "
            "later · 1 request lost · SIGABRT · others served 15,331");
}

TEST(Incidents, AHungWorkerThatGoesOnHasRecovered) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /slow", 10));
  incidents.add(event(kStart + 3 * kSecond, EventKind::recovered, 1, 1, 30));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_EQ(joined(words::receipt(incidents.all()[0])),
            "hung · out for 3.00 s: noticed after 2.00, went on by itself 1.00 s later · others "
            "served 20");
}

TEST(Incidents, AStoppedWorkerDoesNotGoOnByItself) {
  Incidents incidents;
  telemetry::EventRecord record = hung(kStart + 2 * kSecond, 1, 1, kStart, "idle", 10);
  record.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::stopped);
  incidents.add(record);
  incidents.add(event(kStart + 3 * kSecond, EventKind::recovered, 1, 1, 30));
  const Incident& incident = incidents.all().front();
  EXPECT_EQ(joined(words::receipt(incident)),
            "hung · out for 3.00 s: noticed after 2.00, continued by SIGCONT 1.00 s later · others "
            "served 20");
  EXPECT_EQ(words::chain(incident).back().title, "continued by SIGCONT");
}

TEST(Incidents, ATimeThatGoesBackDoesNotMakeAnIncidentKnownEarlier) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.add(event(kStart + kSecond, EventKind::abort, 1, 1));
  EXPECT_TRUE(incidents.at(kStart + kSecond).empty());
  EXPECT_EQ(incidents.at(kStart + 2 * kSecond)[0].abort_ns, kStart + kSecond);
}

TEST(Incidents, ASecondHangOfOneProcessIsASecondIncident) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.add(event(kStart + 3 * kSecond, EventKind::recovered, 1, 1));
  incidents.add(hung(kStart + 9 * kSecond, 1, 1, kStart + 7 * kSecond, "GET /b"));
  ASSERT_EQ(incidents.all().size(), 2U);
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_TRUE(incidents.all()[1].open());
}

TEST(Incidents, AnExitThatNobodyAskedForIsACrash) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(exited(kStart + kSecond, 2, 1, ExitCause::signaled, SIGSEGV, 1));
  incidents.add(event(kStart + kSecond + 12 * kMillisecond, EventKind::listening, 2, 2));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(incidents.all()[0].kind, IncidentKind::crash);
  EXPECT_EQ(incidents.all()[0].start_ns(), kStart + kSecond);
  EXPECT_EQ(joined(words::receipt(incidents.all()[0])),
            "crashed: SIGSEGV · out for 12 ms, then served again · 1 request lost");
}

TEST(Incidents, AWorkerThatCallsExitHasCrashed) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(exited(kStart + kSecond, 2, 1, ExitCause::exited, 0));
  EXPECT_EQ(incidents.all().size(), 1U);
}

TEST(Incidents, ADrainedWorkerIsNoIncident) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(event(kStart + kSecond, EventKind::disconnect, 2, 1));
  incidents.add(exited(kStart + 2 * kSecond, 2, 1, ExitCause::exited, 0));
  EXPECT_TRUE(incidents.all().empty());
}

TEST(Incidents, ARollingReloadIsNoIncident) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(event(kStart + kSecond, EventKind::fork, 2, 2));
  incidents.add(event(kStart + 2 * kSecond, EventKind::listening, 2, 2));
  incidents.add(event(kStart + 2 * kSecond, EventKind::disconnect, 2, 1));
  incidents.add(exited(kStart + 3 * kSecond, 2, 1, ExitCause::exited, 0));
  EXPECT_TRUE(incidents.all().empty());
  // The successor was not asked to go.
  incidents.add(exited(kStart + 4 * kSecond, 2, 2, ExitCause::signaled, SIGKILL));
  EXPECT_EQ(incidents.all().size(), 1U);
}

TEST(Incidents, ExitsDuringAShutdownAreNoIncidents) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 1, 1));
  incidents.add(event(kStart + kSecond, EventKind::shutdown, 0, 0));
  incidents.add(exited(kStart + 2 * kSecond, 1, 1, ExitCause::signaled, SIGKILL));
  EXPECT_TRUE(incidents.all().empty());
}

TEST(Incidents, AHangThatEndsWithTheShutdownIsOverWithoutASuccessor) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /hang"));
  incidents.add(event(kStart + 3 * kSecond, EventKind::shutdown, 0, 0));
  incidents.add(exited(kStart + 4 * kSecond, 1, 1, ExitCause::signaled, SIGKILL, 1));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_EQ(
      joined(words::receipt(incidents.all()[0])),
      "hung · noticed after 2.00 s, killed after 4.00 s, not replaced · 1 request lost · SIGKILL");
}

TEST(Incidents, ACrashLoopIsOneIncident) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(exited(kStart + kSecond, 2, 1, ExitCause::exited, 1, 1));
  incidents.add(event(kStart + kSecond, EventKind::fork, 2, 2));
  incidents.add(exited(kStart + 2 * kSecond, 2, 2, ExitCause::exited, 3));
  incidents.add(event(kStart + 2 * kSecond, EventKind::backoff, 2, 2));
  incidents.add(event(kStart + 3 * kSecond, EventKind::fork, 2, 3));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_TRUE(incidents.all()[0].open());
  incidents.add(event(kStart + 4 * kSecond, EventKind::listening, 2, 3));
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_EQ(joined(words::receipt(incidents.all()[0])),
            "crashed: exit code 3 · out for 3.00 s: died again after 1.00, served again 2.00 s "
            "later · 1 request lost · died 2×");
}

// ── connections that go on elsewhere ─────────────────────────────────────────────────────────────

TEST(Incidents, TheReceiptOfAHangSaysWhatMovedAndWhatWasLost) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /v1/faults/hang", 1'000));
  incidents.add(
      moved(kStart + 2 * kSecond + 3 * kMillisecond, 3, 1, MoveReason::hang, 15, "1:5 2:4 4:6"));
  const Incident& incident = incidents.all()[0];
  EXPECT_EQ(incident.moved, 15U);
  EXPECT_EQ(incident.moved_to, (std::map<std::uint32_t, std::uint32_t>{{1, 5}, {2, 4}, {4, 6}}));
  EXPECT_EQ(incidents.at(kStart + 2 * kSecond)[0].moved, 0U);  // not yet
  picture::Snapshot now;
  now.time_ns = kStart + 3 * kSecond;
  EXPECT_EQ(joined(words::headline(incident, now, {})),
            "HUNG 3.0 s · 15 connections moved in 3.0 ms · in GET /v1/faults/hang");

  incidents.add(exited(kStart + 5 * kSecond, 3, 1, ExitCause::signaled, SIGABRT, 1));
  incidents.add(
      event(kStart + 5 * kSecond + 38 * kMillisecond, EventKind::listening, 3, 2, 16'331));
  EXPECT_EQ(
      joined(words::receipt(incident)),
      "hung · out for 5.04 s: noticed after 2.00, killed after 5.00, served again 38 ms later · 15 "
      "connections moved in 3.0 ms · 1 request lost · SIGABRT · others served 15,331");
  EXPECT_EQ(
      joined(words::receipt(incident, words::Tone::plain)),
      "hung · out for 5.04 s: noticed after 2.00, killed after 5.00, served again 38 ms later "
      "· 15 connections moved in 3.0 ms · 1 request lost · others served 15,331");
  EXPECT_EQ(incidents.at(kStart + 6 * kSecond)[0].moved, 15U);
}

TEST(Incidents, WhatMovesWhenItDiesIsAddedToWhatMovedWhenItHung) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /a"));
  incidents.add(moved(kStart + 2 * kSecond + 1, 3, 1, MoveReason::hang, 4, "1:4"));
  incidents.add(moved(kStart + 5 * kSecond, 3, 1, MoveReason::crash, 2, "1:1 2:1"));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(incidents.all()[0].moved, 6U);
  EXPECT_EQ(incidents.all()[0].moving_ns, 6 * kMillisecond);
  EXPECT_EQ(incidents.all()[0].moved_to.at(1), 5U);
  EXPECT_EQ(words::chain(incidents.all()[0]).back().detail, "to workers 1 and 2");
}

/// While the kernel writes a core, the process is not over, but what it had is elsewhere already.
TEST(Incidents, ACrashIsKnownWhenConnectionsMoveThoughItsProcessHasNotEnded) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 3, 1));
  incidents.add(moved(kStart + kSecond, 3, 1, MoveReason::crash, 15, "1:8 2:7"));
  ASSERT_EQ(incidents.all().size(), 1U);
  const Incident& incident = incidents.all()[0];
  EXPECT_EQ(incident.kind, IncidentKind::crash);
  EXPECT_TRUE(incident.open());
  EXPECT_EQ(incident.exit_ns, 0U);
  EXPECT_EQ(incident.start_ns(), kStart + kSecond);
  picture::Snapshot now;
  now.time_ns = kStart + 4 * kSecond;
  EXPECT_EQ(joined(words::headline(incident, now, {})),
            "CRASHED 3.0 s · 15 connections moved in 3.0 ms");

  incidents.add(exited(kStart + 13 * kSecond, 3, 1, ExitCause::signaled, SIGSEGV, 1));
  now.time_ns = kStart + 14 * kSecond;
  EXPECT_EQ(joined(words::headline(incident, now, {})),
            "DEAD 1.0 s · 15 connections moved in 3.0 ms · SIGSEGV");
  incidents.add(event(kStart + 15 * kSecond, EventKind::listening, 3, 2));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(joined(words::receipt(incident)),
            "crashed: SIGSEGV · out for 14.0 s: ended after 12.0, served again 2.00 s later · 15 "
            "connections moved in 3.0 ms · 1 request lost");
  EXPECT_EQ(incident.start_ns(), kStart + kSecond);
}

TEST(Incidents, ACrashThatIsThenDeclaredHungStaysOne) {
  Incidents incidents;
  incidents.add(moved(kStart + kSecond, 3, 1, MoveReason::crash, 15, "1:8 2:7"));
  incidents.add(hung(kStart + 70 * kSecond, 3, 1, kStart + kSecond, "GET /a"));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_TRUE(incidents.all()[0].open());
  EXPECT_EQ(incidents.all()[0].kind, IncidentKind::crash);
}

/// All hang: nobody can take them before the first successor serves.
TEST(Incidents, WhatMovesWhenItIsOverStillBelongsToIt) {
  Incidents incidents;
  hang_and_die(incidents);
  incidents.add(event(kStart + 6 * kSecond, EventKind::listening, 3, 2));
  incidents.add(moved(kStart + 6 * kSecond + 1, 3, 1, MoveReason::hang, 15, "3:15", 4 * kSecond));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(joined(words::receipt(incidents.all()[0])),
            "hung · out for 6.00 s: noticed after 2.00, killed after 5.00, served again 1.00 s "
            "later · 15 connections moved in 4.00 s · 1 request lost · SIGABRT");
}

TEST(Incidents, ADeathAfterARecoveryIsAnotherIncident) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /a"));
  incidents.add(event(kStart + 3 * kSecond, EventKind::recovered, 3, 1));
  incidents.add(moved(kStart + 9 * kSecond, 3, 1, MoveReason::crash, 5, "1:5"));
  ASSERT_EQ(incidents.all().size(), 2U);
  EXPECT_EQ(incidents.all()[0].moved, 0U);
  EXPECT_EQ(incidents.all()[1].moved, 5U);
}

TEST(Incidents, WhatMovesOutOfACrashLoopBelongsToIt) {
  Incidents incidents;
  incidents.add(exited(kStart + kSecond, 2, 1, ExitCause::exited, 1, 1));
  incidents.add(event(kStart + kSecond, EventKind::fork, 2, 2));
  incidents.add(moved(kStart + 2 * kSecond, 2, 2, MoveReason::crash, 1, "1:1"));
  incidents.add(exited(kStart + 2 * kSecond, 2, 2, ExitCause::exited, 3));
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(incidents.all()[0].moved, 1U);
}

TEST(Incidents, WhoDrainsOrHasTooMuchIsNoIncident) {
  Incidents incidents;
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(moved(kStart + 1, 2, 1, MoveReason::balance, 5, "1:5"));
  incidents.add(event(kStart + 2, EventKind::disconnect, 2, 1));
  incidents.add(moved(kStart + 3, 2, 1, MoveReason::drain, 5, "1:5"));
  incidents.add(moved(kStart + 4, 2, 1, MoveReason::crash, 5, "1:5"));  // it was to go anyway
  incidents.add(exited(kStart + 5, 2, 1, ExitCause::signaled, SIGSEGV));
  EXPECT_TRUE(incidents.all().empty());
}

TEST(Incidents, WhatGoesToAHungWorkerIsNotItsOwn) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /a"));
  incidents.add(moved(kStart + 2 * kSecond + 1, 1, 1, MoveReason::hang, 4, "3:4"));
  incidents.add(moved(kStart + 2 * kSecond + 2, 3, 1, MoveReason::hang, 4, "1:4 nonsense"));
  EXPECT_EQ(incidents.all()[0].moved, 0U);
}

TEST(Incidents, IncidentsOfTwoWorkersDoNotMix) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.add(hung(kStart + 2 * kSecond, 2, 1, kStart, "GET /b"));
  incidents.add(exited(kStart + 5 * kSecond, 1, 1, ExitCause::signaled, SIGABRT, 1));
  incidents.add(event(kStart + 6 * kSecond, EventKind::listening, 1, 2));
  ASSERT_EQ(incidents.all().size(), 2U);
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_TRUE(incidents.all()[1].open());
  EXPECT_EQ(incidents.all()[1].exit_ns, 0U);
}

TEST(IncidentsFromALappedLane, ALaterGenerationClosesWhatCameBefore) {
  Incidents incidents;
  hang_and_die(incidents);
  // Fork and listening of generation 2 were lost.
  incidents.add(event(kStart + 60 * kSecond, EventKind::disconnect, 3, 2));
  EXPECT_FALSE(incidents.all()[0].open());
}

TEST(IncidentsFromALappedLane, ALostExitDoesNotKeepTheIncidentOpen) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.add(event(kStart + 6 * kSecond, EventKind::listening, 1, 2));
  EXPECT_FALSE(incidents.all()[0].open());
  EXPECT_EQ(joined(words::receipt(incidents.all()[0])),
            "hung · out for 6.00 s: noticed after 2.00, served again 4.00 s later");
}

TEST(IncidentsFromALappedLane, AnExitAloneStillTellsThatTheWorkerHung) {
  Incidents incidents;
  telemetry::EventRecord exit = exited(kStart + 5 * kSecond, 3, 7, ExitCause::signaled, SIGABRT, 1);
  exit.exit_flags = telemetry::kExitWasHung;
  incidents.add(exit);
  ASSERT_EQ(incidents.all().size(), 1U);
  EXPECT_EQ(incidents.all()[0].kind, IncidentKind::hang);
  EXPECT_TRUE(incidents.all()[0].open());
}

TEST(IncidentsFromALappedLane, AnExitAloneDoesNotTellForHowLongTheWorkerHung) {
  Incidents incidents;
  telemetry::EventRecord exit = exited(kStart + 5 * kSecond, 3, 7, ExitCause::signaled, SIGABRT, 1);
  exit.exit_flags = telemetry::kExitWasHung;
  exit.since_ns = kStart - 50 * kSecond;  // its fork
  incidents.add(exit);
  incidents.add(event(kStart + 6 * kSecond, EventKind::listening, 3, 8));
  const Incident& incident = incidents.all().front();
  EXPECT_EQ(joined(words::receipt(incident)),
            "hung · served again 1.00 s after its end · 1 request lost · SIGABRT");
  EXPECT_EQ(words::chain(incident).front().title, "exited");
}

TEST(IncidentsFromALappedLane, ACleanExitOfAnUnknownProcessIsNotTakenForACrash) {
  Incidents incidents;
  incidents.add(exited(kStart, 3, 7, ExitCause::exited, 0));
  EXPECT_TRUE(incidents.all().empty());
}

TEST(IncidentsFromALappedLane, ALostRecoveryIsFilledInByTheNextHang) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.add(hung(kStart + 9 * kSecond, 1, 1, kStart + 7 * kSecond, "GET /b"));
  ASSERT_EQ(incidents.all().size(), 2U);
  EXPECT_TRUE(incidents.all()[0].recovered);
  EXPECT_FALSE(incidents.all()[0].open());
}

TEST(Incidents, TheEndOfTheServerEndsThemAll) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  incidents.server_gone(kStart + 3 * kSecond);
  EXPECT_FALSE(incidents.all()[0].open());
  // Another server begins with generation 1 again.
  incidents.add(event(kStart + 4 * kSecond, EventKind::listening, 1, 1));
  incidents.add(exited(kStart + 5 * kSecond, 1, 1, ExitCause::signaled, SIGKILL));
  ASSERT_EQ(incidents.all().size(), 2U);
  EXPECT_TRUE(incidents.all()[1].open());
}

TEST(Incidents, OnlyTheLatestAreKept) {
  Incidents incidents;
  for (std::uint32_t generation = 1; generation <= 300; ++generation) {
    incidents.add(event(kStart + generation * kSecond, EventKind::listening, 1, generation));
    incidents.add(
        exited(kStart + generation * kSecond + 1, 1, generation, ExitCause::signaled, SIGKILL));
  }
  ASSERT_EQ(incidents.all().size(), 256U);
  EXPECT_EQ(incidents.all().back().generation, 300U);
}

TEST(Wording, AnOpenHangCountsAndSaysWhenTheKillIsDue) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /v1/faults/hang", 1'000));
  picture::Snapshot now;
  now.time_ns = kStart + 4200 * kMillisecond;
  now.server.kill_after_ns = 5 * kSecond;
  now.totals.requests = 13'904;
  EXPECT_EQ(joined(words::headline(incidents.all()[0], now, {})),
            "HUNG 4.2 s · in GET /v1/faults/hang · kill in 0.8 s · others served 12,904");
}

TEST(Wording, AWorkerStoppedOutsideOfAnyRequestIsSaidToBeIdle) {
  telemetry::EventRecord record = hung(kStart + 2 * kSecond, 3, 1, kStart, "idle");
  record.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::stopped);
  EXPECT_EQ(telemetry::describe(record), "worker 3 hung 2.00 s while idle (stopped)");
  Incidents incidents;
  incidents.add(record);
  picture::Snapshot now;
  now.time_ns = kStart + 3 * kSecond;
  EXPECT_EQ(joined(words::headline(incidents.all()[0], now, {})),
            "HUNG 3.0 s · frozen by SIGSTOP while idle");
}

TEST(Wording, TheHeadlineSaysSinceWhen) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /a"));
  picture::Snapshot now;
  now.time_ns = kStart + 3 * kSecond;
  now.wall_clock_ns = static_cast<std::int64_t>(43'474 * kSecond);  // 12:04:34 UTC
  EXPECT_EQ(joined(words::headline(incidents.all()[0], now, {3'600})),
            "HUNG 3.0 s · in GET /a · since 13:04:31");
}

TEST(Wording, TheChainTellsWhyInOrder) {
  Incidents incidents;
  hang_and_die(incidents);
  incidents.add(moved(kStart + 2 * kSecond + 3 * kMillisecond, 3, 1, MoveReason::hang, 15,
                      "1:3 2:3 4:3 5:3 6:3"));
  incidents.add(event(kStart + 5 * kSecond + 10 * kMillisecond, EventKind::fork, 3, 2));
  incidents.add(event(kStart + 5 * kSecond + 38 * kMillisecond, EventKind::listening, 3, 2));
  std::vector<std::string> lines;
  for (const words::ChainStep& step : words::chain(incidents.all()[0])) {
    lines.push_back(step.title + ": " + step.detail);
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "request received: GET /v1/faults/hang",
                       "declared hung: it spins: a core burns", "15 moved in 3.0 ms: to 5 workers",
                       "SIGABRT sent: its time is over", "exited: SIGABRT, 1 request lost",
                       "respawned: generation 2", "ready: it serves again"}));
  EXPECT_EQ(words::chain(incidents.at(kStart + 3 * kSecond)[0]).size(), 2U);  // not what came later
}

/// What a worker hangs in is known from the event alone, and every reader takes it for the same.
TEST(Wording, EveryRequestIsToldFromAPhase) {
  for (const char* request : {"GET /a", "OPTIONS *", "GET http://a/b"}) {
    Incidents incidents;
    incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, request));
    picture::Snapshot now;
    now.time_ns = kStart + 3 * kSecond;
    EXPECT_EQ(joined(words::headline(incidents.all()[0], now, {})),
              "HUNG 3.0 s · in " + std::string(request));
    EXPECT_EQ(words::chain(incidents.all()[0]).front().title, "request received");
    EXPECT_EQ(words::chain(incidents.all()[0]).front().detail, request);
  }
  for (const char* phase : {"idle", "committing"}) {
    Incidents incidents;
    incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, phase));
    EXPECT_EQ(words::chain(incidents.all()[0]).front().title, "last sign of life");
    EXPECT_EQ(words::chain(incidents.all()[0]).front().detail, "while " + std::string(phase));
  }
}

TEST(Wording, ThePhrasesOfAReceiptSayWhatTheyAre) {
  using words::PhraseKind;
  Incidents incidents;
  hang_and_die(incidents);
  incidents.add(
      event(kStart + 5 * kSecond + 38 * kMillisecond, EventKind::listening, 3, 2, 16'331));
  const words::Sentence hang = words::receipt(incidents.all()[0]);
  EXPECT_EQ(joined(without(hang, PhraseKind::others)),
            "hung · out for 5.04 s: noticed after 2.00, killed after 5.00, served again 38 ms "
            "later · 1 request lost · SIGABRT");
  EXPECT_EQ(joined(without(hang, PhraseKind::end)),
            "hung · out for 5.04 s: noticed after 2.00, killed after 5.00, served again 38 ms "
            "later · 1 request lost · others served 15,331");
  EXPECT_EQ(hang.front().kind, PhraseKind::state);
}

TEST(Wording, TheOutageIsInPartsThatAddUpToTheWhole) {
  Incidents incidents;
  hang_and_die(incidents);
  incidents.add(event(kStart + 5'016 * kMillisecond, EventKind::listening, 3, 2));
  const words::Outage outage = words::outage_of(incidents.all()[0]);
  EXPECT_EQ(outage.begin_ns, kStart);
  EXPECT_EQ(outage.noticed_ns, kStart + 2 * kSecond);
  EXPECT_EQ(outage.ended_ns, kStart + 5 * kSecond);
  EXPECT_EQ(outage.over_ns, kStart + 5'016 * kMillisecond);
  EXPECT_EQ(words::outage_text(incidents.all()[0]),
            "out for 5.02 s: noticed after 2.00, killed after 5.00, served again 16 ms later");
  EXPECT_EQ(joined(words::brief_receipt(incidents.all()[0])),
            "hung · out for 5.02 s · 1 request lost");
}

TEST(Wording, APartOfAnotherUnitThanTheWholeSaysIt) {
  Incidents incidents;
  incidents.add(hung(kStart + 300 * kMillisecond, 1, 1, kStart, "GET /a"));
  incidents.add(event(kStart + 2 * kSecond, EventKind::recovered, 1, 1));
  EXPECT_EQ(words::outage_text(incidents.all()[0]),
            "out for 2.00 s: noticed after 300 ms, went on by itself 1.70 s later");
  Incidents long_ones;
  long_ones.add(hung(kStart + 65 * kSecond, 1, 1, kStart, "GET /a"));
  long_ones.add(event(kStart + 65 * kSecond, EventKind::recovered, 1, 1));
  EXPECT_EQ(words::outage_text(long_ones.all()[0]),
            "out for 1 min 5 s: noticed after 1 min 5 s, went on by itself 0 µs later");
}

/// Worker 2, after 12 ms a successor.
void crash(Incidents& incidents, std::uint32_t signal) {
  incidents.add(event(kStart, EventKind::listening, 2, 1));
  incidents.add(exited(kStart + kSecond, 2, 1, ExitCause::signaled, signal, 1));
  incidents.add(event(kStart + kSecond + 12 * kMillisecond, EventKind::listening, 2, 2));
}

TEST(Wording, HowAHangEndedIsAPhraseAndHowACrashDidIsItsState) {
  using words::PhraseKind;
  Incidents crashed;
  crash(crashed, SIGSEGV);
  EXPECT_EQ(joined(without(words::receipt(crashed.all()[0]), PhraseKind::end)),
            "crashed: SIGSEGV · out for 12 ms, then served again · 1 request lost");
  Incidents hang;
  hang.add(hung(kStart + 2 * kSecond, 1, 1, kStart, "GET /a"));
  hang.add(exited(kStart + 3 * kSecond, 1, 1, ExitCause::exited, 3));
  hang.add(event(kStart + 4 * kSecond, EventKind::listening, 1, 2));
  EXPECT_EQ(words::receipt(hang.all()[0]).back().text, "exit code 3");
  EXPECT_EQ(words::receipt(hang.all()[0]).back().kind, PhraseKind::end);
}

TEST(Wording, AClassIsToldWithoutTheNamesOfSignals) {
  using words::Tone;
  Incidents crashed;
  crash(crashed, SIGSEGV);
  EXPECT_EQ(joined(words::receipt(crashed.all()[0], Tone::plain)),
            "crashed · out for 12 ms, then served again · 1 request lost · ended for touching "
            "memory that is not its own");
  EXPECT_EQ(joined(words::brief_receipt(crashed.all()[0], Tone::plain)),
            "crashed · out for 12 ms · 1 request lost");
  Incidents hang;
  hang_and_die(hang);
  picture::Snapshot now;
  now.time_ns = kStart + 6 * kSecond;
  EXPECT_EQ(joined(words::headline(hang.all()[0], now, {}, Tone::plain)),
            "DEAD 1.0 s · broken off");
  std::string chain;
  for (const words::ChainStep& step : words::chain(hang.all()[0], Tone::plain)) {
    chain += step.title + ": " + step.detail + '\n';
  }
  EXPECT_EQ(chain,
            "request received: GET /v1/faults/hang\ndeclared hung: it runs in circles: a core "
            "burns\ntold to end: its time is over\nexited: broken off, 1 request lost\n");
  Incidents frozen;
  telemetry::EventRecord stop = hung(kStart + 2 * kSecond, 1, 1, kStart, "idle");
  stop.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::stopped);
  frozen.add(stop);
  EXPECT_EQ(words::headline(frozen.all()[0], now, {}, Tone::plain)[1].text, "frozen while idle");
  frozen.add(event(kStart + 4 * kSecond, EventKind::recovered, 1, 1));
  EXPECT_EQ(words::outage_text(frozen.all()[0], Tone::plain),
            "out for 4.00 s: noticed after 2.00, let go on 2.00 s later");
}

TEST(Wording, AHeadlineSaysLastWhatIsLeftOutFirst) {
  Incidents incidents;
  incidents.add(hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /a", 1'000));
  picture::Snapshot now;
  now.time_ns = kStart + 4 * kSecond;
  now.wall_clock_ns = 1;
  now.server.kill_after_ns = 5 * kSecond;
  now.totals.requests = 3'000;
  words::Sentence sentence = words::headline(incidents.all()[0], now, {});
  std::vector<std::string> left;
  for (std::size_t room = sentence.size(); room-- > 0;) {
    const auto fits = [room](const words::Sentence& shown) { return shown.size() <= room; };
    left.push_back(joined(shortened(sentence, 1, fits)));
  }
  EXPECT_EQ(left, (std::vector<std::string>{
                      "HUNG 4.0 s · in GET /a · kill in 1.0 s · others served 2,000",
                      "HUNG 4.0 s · in GET /a · kill in 1.0 s", "HUNG 4.0 s · in GET /a",
                      "HUNG 4.0 s", "HUNG 4.0 s"}));
}

TEST(Wording, BytesOfTheSegmentAreNeverPrintedAsTheyAre) {
  telemetry::EventRecord record = hung(kStart + 2 * kSecond, 3, 1, kStart, "GET /\x1b[2J\n");
  EXPECT_EQ(telemetry::describe(record), "worker 3 hung 2.00 s in GET /?[2J? (spin)");
  record.text_bytes = 60'000;  // longer than the field
  EXPECT_LT(telemetry::describe(record).size(), 120U);
}

}  // namespace
}  // namespace forkscope::history
