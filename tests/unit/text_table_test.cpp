#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event_builder.h"
#include "text/line.h"
#include "text/table.h"

namespace forkscope::text {
namespace {

using picture::Snapshot;
using telemetry::WorkerState;
using test::kMillisecond;
using test::kSecond;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kNow = 5'000 * kSecond;

telemetry::WorkerReport worker(std::uint32_t number, WorkerState state) {
  telemetry::WorkerReport report;
  report.number = number;
  report.pid = 4700 + number;
  report.generation = 1;
  report.state = state;
  report.uptime_ns = 60 * kSecond;
  return report;
}

Snapshot live(std::uint32_t workers) {
  Snapshot snapshot;
  snapshot.attachment = picture::Attachment::live;
  snapshot.time_ns = kNow;
  snapshot.server.host = "127.0.0.1";
  snapshot.server.port = 8000;
  snapshot.server.kill_after_ns = 5 * kSecond;
  for (std::uint32_t number = 1; number <= workers; ++number) {
    snapshot.workers.push_back(worker(number, WorkerState::idle));
  }
  return snapshot;
}

/// The lines at the newest moment, without colours.
std::vector<std::string> plain(const history::History& history, TableSize size) {
  return table(history, history.newest_ns(), {"LIVE", false, ""}, size, Colors::none);
}

TEST(TextTable, SaysEachStateInAShapeAndAWord) {
  Snapshot snapshot = live(4);
  snapshot.workers[1].state = WorkerState::busy;
  snapshot.workers[1].in_flight = {1, kNow - 5 * kMillisecond, 1, telemetry::Method::get, "/v1/x"};
  snapshot.workers[2].state = WorkerState::hung;
  snapshot.workers[3].state = WorkerState::dead;
  snapshot.workers[3].pid = 0;
  snapshot.workers[3].last_exit =
      telemetry::ExitReport{telemetry::ExitCause::signaled, SIGSEGV, false, false, 0, kNow};
  history::History history;
  history.add(snapshot, {}, {});
  const auto lines = plain(history, {120, 24});
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  1  ○ idle"), HasSubstr("4701"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  2  ● busy"), HasSubstr("5.0 ms GET /v1/x"))));
  EXPECT_THAT(lines, Contains(HasSubstr("  3  ▨ HUNG")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  4  ✖ DEAD"), HasSubstr("SIGSEGV"))));
}

TEST(TextTable, AnOpenIncidentIsAnAlarmAndAClosedOneAReceipt) {
  history::History history;
  const std::vector<telemetry::EventRecord> hang = {
      test::hung(kNow - kSecond, 3, 1, kNow - 3 * kSecond, "GET /v1/faults/hang")};
  history.add(live(3), {}, hang);
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(HasSubstr("WORKER 3 HUNG 3.0 s · in GET /v1/faults/hang · kill in 2.0 s")));
  const std::vector<telemetry::EventRecord> end = {
      test::event(kNow, telemetry::EventKind::recovered, 3, 1)};
  Snapshot later = live(3);
  ++later.time_ns;
  history.add(later, {}, end);
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(HasSubstr(
                  "worker 3 hung · out for 3.00 s: noticed after 2.00, went on by itself 1.00 s")));
  later.time_ns += 10 * kSecond;  // from then on in brief
  history.add(later, {}, {});
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(testing::StrEq(" worker 3 hung · out for 3.00 s")));
}

TEST(TextTable, AnAlarmNamesTheProcessAndItsEventTheKindOfTheHang) {
  history::History history;
  Snapshot snapshot = live(3);
  snapshot.workers[2].generation = 1;
  snapshot.workers[2].core = 5;
  snapshot.workers[2].connections = 4;
  history.add(snapshot, {},
              std::vector{test::hung(kNow, 3, 1, kNow - 2 * kSecond, "GET /v1/faults/hang")});
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(HasSubstr(" · pid " + std::to_string(snapshot.workers[2].pid) +
                                 ", core 5, 4 connections")));
  EXPECT_THAT(plain(history, {52, 24}),
              Contains(testing::EndsWith("  worker 3 hung 2.00 s in GET …/hang (spin)")));
  EXPECT_THAT(plain(history, {40, 24}),
              Contains(testing::EndsWith("  worker 3 hung 2.00 s in GET …")));
}

TEST(TextTable, WhoDoesNothingWhileOthersServeSaysWhy) {
  history::History history;
  Snapshot snapshot = live(2);
  for (std::uint64_t i = 0; i <= 12; ++i) {
    snapshot.time_ns = kNow + i * 100 * kMillisecond;
    snapshot.workers[0].requests = i;
    history.add(snapshot, {}, {});
  }
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(AllOf(HasSubstr("  1  ◉ active"), Not(HasSubstr("client")))));
  EXPECT_THAT(
      plain(history, {120, 24}),
      Contains(AllOf(HasSubstr("  2  ○ idle"), HasSubstr("no client has a connection here"))));
}

TEST(TextTable, AWorkerThatMayBeCalledHungSoonHasARisingBar) {
  history::History history;
  Snapshot snapshot = live(3);
  snapshot.server.hang_after_ns = 2 * kSecond;
  snapshot.workers[1].state = WorkerState::busy;
  snapshot.workers[1].in_flight = {1, kNow - kSecond, 1, telemetry::Method::get, "/v1/x"};
  history.add(snapshot, {}, {});
  EXPECT_THAT(plain(history, {120, 24})[1],
              testing::StrEq(" worker 2: 1.0 s in GET /v1/x, called hung at 2.0 s  "
                             "██████████··········"));
}

TEST(TextTable, TheTopLineSaysWhatMovedAndThatProtectionIsOff) {
  history::History history;
  Snapshot snapshot = live(3);
  history.add(snapshot, {}, {});
  EXPECT_THAT(plain(history, {120, 24}), Each(Not(AnyOf(HasSubstr("moved"), HasSubstr("prot")))));
  snapshot.server.protection = telemetry::Protection::on;
  snapshot.totals.moved = {15, 1, 30, 1'200};
  ++snapshot.time_ns;
  history.add(snapshot, {}, {});
  EXPECT_THAT(plain(history, {120, 24})[0],
              AllOf(HasSubstr("  lost 0  moved 1,246"), Not(HasSubstr("protection"))));
  snapshot.server.protection = telemetry::Protection::off;
  ++snapshot.time_ns;
  history.add(snapshot, {}, {});
  EXPECT_THAT(plain(history, {80, 24})[0],
              HasSubstr("0 req/s  lost 0  protection off  moved 1,246  5xx 0"));
}

TEST(TextTable, SaysThatAProgramDoesNotTellItsRequests) {
  Snapshot snapshot = live(2);
  for (auto& worker : snapshot.workers) worker.program.emplace();
  snapshot.workers[0].connections = 5;
  history::History history;
  history.add(snapshot, {}, {});
  auto lines = plain(history, {160, 24});
  EXPECT_THAT(lines[0], AllOf(HasSubstr("  – req/s  lost –"), HasSubstr("error answers –"),
                              HasSubstr("p99 –"), HasSubstr("waiting –")));
  EXPECT_THAT(lines[1], HasSubstr("does not tell its requests"));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  1  ○ idle"), HasSubstr(" 5        –"))));
  snapshot.workers[1].program->reports = 1;
  ++snapshot.time_ns;
  history.add(snapshot, {}, {});
  lines = plain(history, {160, 24});
  EXPECT_THAT(lines[0], AllOf(HasSubstr("  0 req/s  lost 0"), HasSubstr("waiting –")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("does not tell"))));
}

TEST(TextTable, TheRatesOfTheRowsAddUpToTheWhole) {
  history::History history;
  Snapshot snapshot = live(3);
  for (std::uint64_t i = 0; i <= 12; ++i) {
    snapshot.time_ns = kNow + i * 100 * kMillisecond;
    for (auto& worker : snapshot.workers) worker.requests = i * 2'605;
    history.add(snapshot, {}, {});
  }
  const auto lines = plain(history, {120, 24});
  EXPECT_THAT(lines[0], AllOf(HasSubstr("  78.2k req/s"), HasSubstr("  fair: 1.00")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  1  "), HasSubstr("  26.1k "))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  2  "), HasSubstr("  26.1k "))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  3  "), HasSubstr("  26.0k "))));
}

TEST(TextTable, SaysWhatOfACoreIsOthersWhileItIsKnown) {
  history::History history;
  Snapshot snapshot = live(1);
  snapshot.cores.push_back({.number = 0, .utilisation = 0.95, .own = 0.61});
  snapshot.other_programs = {{"wrk", 0.98}};
  history.add(snapshot, {}, {});
  EXPECT_THAT(plain(history, {120, 24}),
              Contains(AllOf(HasSubstr("95 % (ours 61 %)"), HasSubstr("others: wrk 98 %"))));
  const std::uint64_t then = history.newest_ns();
  snapshot.time_ns += kSecond;
  history.add(snapshot, {}, {});
  EXPECT_THAT(table(history, then, {"PAUSED", true, ""}, {120, 24}, Colors::none),
              AllOf(Contains(HasSubstr("95 % (ours 61 %)")), Each(Not(HasSubstr("wrk")))));
}

TEST(TextTable, NeverLeavesTheScreen) {
  history::History history;
  Snapshot snapshot = live(256);
  snapshot.workers[0].in_flight = {1, kNow, 1, telemetry::Method::get, std::string(200, 'x')};
  history.add(snapshot, {}, {});
  for (const TableSize size : {TableSize{120, 24}, TableSize{40, 10}, TableSize{1, 1}}) {
    const auto lines = plain(history, size);
    EXPECT_EQ(lines.size(), size.rows);
    for (const std::string& line : lines) EXPECT_LE(columns_of(line), size.columns) << line;
  }
  EXPECT_THAT(plain(history, {40, 10}), Contains(HasSubstr("more: ")));
}

TEST(TextTable, TellsWhatTheLoadsClientsSawAboveTheKeys) {
  history::History history;
  history.add(live(256), {}, {});
  const Footer footer{"LIVE", false, "q quit", "load  2.0k req/s  clients saw: 1 broken, 0 failed"};
  for (const std::size_t rows : {24, 10, 2}) {
    const auto lines = table(history, history.newest_ns(), footer, {80, rows}, Colors::none);
    ASSERT_EQ(lines.size(), rows);
    EXPECT_EQ(lines[rows - 2], footer.load);
    EXPECT_THAT(lines[rows - 1], HasSubstr("q quit"));
  }
  EXPECT_EQ(table(history, history.newest_ns(), footer, {80, 1}, Colors::none).size(), 1U);
}

TEST(TextTable, TheUnwellKeepTheirRowsAmong256) {
  history::History history;
  Snapshot snapshot = live(256);
  snapshot.workers[200].state = WorkerState::hung;
  snapshot.workers[201].state = WorkerState::dead;
  snapshot.workers[202].in_flight = {1, kNow - kSecond, 1, telemetry::Method::get, "/slow"};
  history.add(snapshot, {}, {});
  const auto lines = plain(history, {80, 24});
  EXPECT_THAT(lines, Contains(HasSubstr("201  ▨ HUNG")));
  EXPECT_THAT(lines, Contains(HasSubstr("202  ✖ DEAD")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("203  ▲ slow"), HasSubstr("GET /slow"))));
  EXPECT_THAT(lines, Contains(HasSubstr("  1○   2○   3○ ")));
}

TEST(TextTable, ShowsWhatWasKnownAtTheViewTime) {
  history::History history;
  history.add(live(3), {}, {});
  Snapshot later = live(3);
  later.time_ns += 3 * kSecond;
  later.workers[2].state = WorkerState::hung;
  const std::vector<telemetry::EventRecord> hang = {
      test::hung(later.time_ns, 3, 1, kNow + kSecond, "GET /a")};
  history.add(later, {}, hang);
  const auto at = [&](std::uint64_t time_ns) {
    return table(history, time_ns, {"PAUSED", true, ""}, {120, 24}, Colors::none);
  };
  EXPECT_THAT(at(later.time_ns), Contains(HasSubstr("WORKER 3 HUNG 2.0 s")));
  EXPECT_THAT(at(later.time_ns - 1), testing::Each(testing::Not(HasSubstr("HUNG"))));
  EXPECT_THAT(at(later.time_ns - 1), Contains(HasSubstr(" PAUSED ")));
}

TEST(TextTable, ALongAlarmIsBrokenBetweenItsParts) {
  history::History history;
  Snapshot snapshot = live(3);
  const std::vector<telemetry::EventRecord> hang = {test::hung(
      kNow - kSecond, 3, 1, kNow - 3 * kSecond, "GET /v1/todos/0123456789012345678901234567")};
  history.add(snapshot, {}, hang);
  EXPECT_THAT(plain(history, {64, 24}), Contains(HasSubstr("kill in 2.0 s")));
}

TEST(TextTable, SaysWhyThereIsNothingToSee) {
  history::History history;
  Snapshot searching;
  searching.time_ns = kNow;
  searching.attachment_detail = "No server found.";
  history.add(searching, {}, {});
  EXPECT_THAT(plain(history, {80, 24}), Contains("No server found."));
}

TEST(TextLine, CutsBetweenCharactersAndClosesItsColors) {
  Line line(3, Colors::rgb);
  line.add("○●", Style::bold).add("▲✖", Style::dim);
  EXPECT_EQ(line.bytes(), "\x1b[1m○●\x1b[0m\x1b[2m…\x1b[0m");
  EXPECT_EQ(Line(5, Colors::none).add_right("▨", 3).add_left("ab", 3).bytes(), "  ▨ab");
}

}  // namespace
}  // namespace forkscope::text
