#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event_builder.h"
#include "text/line.h"
#include "text/table.h"

namespace forkscope::text {
namespace {

using model::Snapshot;
using telemetry::WorkerState;
using test::kMillisecond;
using test::kSecond;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

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
  snapshot.attachment = model::Attachment::live;
  snapshot.time_ns = kNow;
  snapshot.server.host = "127.0.0.1";
  snapshot.server.port = 8000;
  snapshot.server.kill_after_ns = 5 * kSecond;
  for (std::uint32_t number = 1; number <= workers; ++number) {
    snapshot.workers.push_back(worker(number, WorkerState::idle));
  }
  return snapshot;
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
  model::History history;
  history.add(snapshot, {}, {});
  const auto lines = table(history, {120, 24}, false);
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  1  ○ idle"), HasSubstr("4701"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  2  ● busy"), HasSubstr("GET /v1/x 5.0 ms"))));
  EXPECT_THAT(lines, Contains(HasSubstr("  3  ▨ HUNG")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("  4  ✖ DEAD"), HasSubstr("SIGSEGV"))));
}

TEST(TextTable, AnOpenIncidentIsAnAlarmAndAClosedOneAReceipt) {
  model::History history;
  const std::vector<telemetry::EventRecord> hang = {
      test::hung(kNow - kSecond, 3, 1, kNow - 3 * kSecond, "GET /v1/faults/hang")};
  history.add(live(3), {}, hang);
  EXPECT_THAT(table(history, {120, 24}, false),
              Contains(HasSubstr("WORKER 3 HUNG 3.0 s · in GET /v1/faults/hang · kill in 2.0 s")));
  const std::vector<telemetry::EventRecord> end = {
      test::event(kNow, telemetry::EventKind::recovered, 3, 1)};
  Snapshot later = live(3);
  ++later.time_ns;
  history.add(later, {}, end);
  EXPECT_THAT(table(history, {120, 24}, false),
              Contains(HasSubstr("worker 3 hung 3.00 s · went on by itself")));
}

TEST(TextTable, NeverLeavesTheScreen) {
  model::History history;
  Snapshot snapshot = live(256);
  snapshot.workers[0].in_flight = {1, kNow, 1, telemetry::Method::get, std::string(200, 'x')};
  history.add(snapshot, {}, {});
  for (const TableSize size : {TableSize{120, 24}, TableSize{40, 10}, TableSize{1, 1}}) {
    const auto lines = table(history, size, false);
    EXPECT_LE(lines.size(), size.rows);
    for (const std::string& line : lines) EXPECT_LE(columns_of(line), size.columns) << line;
  }
  EXPECT_THAT(table(history, {120, 24}, false), Contains(HasSubstr("more")));
}

TEST(TextTable, SaysWhyThereIsNothingToSee) {
  model::History history;
  Snapshot searching;
  searching.time_ns = kNow;
  searching.attachment_detail = "No server found.";
  history.add(searching, {}, {});
  EXPECT_THAT(table(history, {80, 24}, false), Contains("No server found."));
}

TEST(TextLine, CutsBetweenCharactersAndClosesItsColors) {
  Line line(3, true);
  line.add("○●", Style::bold).add("▲✖", Style::dim);
  EXPECT_EQ(line.bytes(), "\x1b[1m○●\x1b[0m\x1b[2m▲\x1b[0m");
  EXPECT_EQ(Line(5, false).add_right("▨", 3).add_left("ab", 3).bytes(), "  ▨ab");
}

}  // namespace
}  // namespace forkscope::text
