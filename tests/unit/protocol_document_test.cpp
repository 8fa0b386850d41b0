// docs/telemetry-protocol.md is what somebody writes a reader from in another language: every
// offset, type and number in its tables is that of layout.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "forkscope/telemetry/histogram.h"
#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {
namespace {

using ::testing::ElementsAreArray;
using ::testing::StartsWith;

using Cells = std::vector<std::string>;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \r") - begin + 1);
}

Cells cells_of(const std::string& row) {
  Cells cells;
  for (std::size_t begin = 1, end; (end = row.find('|', begin)) != std::string::npos;
       begin = end + 1) {
    cells.push_back(trimmed(row.substr(begin, end - begin)));
  }
  return cells;
}

/// Rows of all tables of the document, by the heading that they stand under.
std::map<std::string, std::vector<Cells>> read_tables() {
  std::map<std::string, std::vector<Cells>> tables;
  std::ifstream document(FORKSCOPE_PROTOCOL_DOCUMENT);
  std::string heading;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("#")) heading = trimmed(line.substr(line.find(' ')));
    if (line.starts_with("|") && !line.starts_with("|-")) tables[heading].push_back(cells_of(line));
  }
  return tables;
}

/// "offset type name" of a field, as the document writes types.
template <typename Field>
std::string field(std::size_t offset, const std::string& name) {
  using Element = std::remove_all_extents_t<Field>;
  constexpr std::size_t kCount = std::is_array_v<Field> ? std::extent_v<Field> : 1;
  std::string type;
  if constexpr (std::is_same_v<Element, char>) {
    type = "char[" + std::to_string(kCount) + "]";
  } else if constexpr (std::is_same_v<Element, Section>) {
    type = std::to_string(kCount) + " × " + std::to_string(sizeof(Section)) + " bytes";
  } else {
    type = "u" + std::to_string(8 * sizeof(Element));
    if (kCount > 1) type += " × " + std::to_string(kCount);
  }
  return std::to_string(offset) + " " + type + " " + name;
}
#define FIELD(Struct, name) field<decltype(Struct::name)>(offsetof(Struct, name), #name)

class ProtocolDocument : public ::testing::Test {
 protected:
  void expect_fields(const std::string& heading, const std::vector<std::string>& fields) {
    std::vector<std::string> documented;
    for (const Cells& row : tables_[heading]) {
      if (row.at(0) == "offset") continue;
      documented.push_back(row.at(0) + " " + row.at(1) + " " + row.at(2));
    }
    EXPECT_THAT(documented, ElementsAreArray(fields)) << heading;
  }

  std::map<std::string, std::vector<Cells>> tables_ = read_tables();
};

TEST_F(ProtocolDocument, TellsEveryFieldOfTheHeader) {
  expect_fields("Header", {FIELD(Header, magic),          FIELD(Header, major_version),
                           FIELD(Header, minor_version),  FIELD(Header, header_bytes),
                           FIELD(Header, endian_mark),    FIELD(Header, word_bytes),
                           FIELD(Header, total_bytes),    FIELD(Header, layout_hash),
                           FIELD(Header, instance_id),    FIELD(Header, primary_pid),
                           FIELD(Header, port),           FIELD(Header, primary_start_ticks),
                           FIELD(Header, page_bytes),     FIELD(Header, slot_count),
                           FIELD(Header, hang_after_ns),  FIELD(Header, kill_after_ns),
                           FIELD(Header, host),           FIELD(Header, server_version),
                           FIELD(Header, faults_enabled), FIELD(Header, section_count),
                           FIELD(Header, sections),       FIELD(Header, runs_program),
                           FIELD(Header, crc32c)});
  EXPECT_EQ(sizeof(Header), 504U);
  EXPECT_THAT(tables_["Header"][2][3], StartsWith(std::to_string(kMajorVersion) + ";"));
  EXPECT_THAT(tables_["Header"][3][3], StartsWith(std::to_string(kMinorVersion) + ";"));
}

TEST_F(ProtocolDocument, TellsTheSectionTable) {
  auto& rows = tables_["Section table"];
  const std::vector<Cells> sections(rows.begin() + 9, rows.end());
  rows.resize(9);
  expect_fields("Section table",
                {FIELD(Section, id), FIELD(Section, version), FIELD(Section, offset),
                 FIELD(Section, stride), FIELD(Section, count), FIELD(Section, record_words),
                 FIELD(Section, capacity), FIELD(Section, reserved)});
  const auto lane = [](std::uint32_t capacity) { return "lane of " + std::to_string(capacity); };
  const std::string plain = "plain words";
  const std::vector<std::vector<std::string>> declared = {
      {"1", "beat", lane(kBeatCapacity), std::to_string(kBeatWords)},
      {"2", "roster", lane(kRosterCapacity), std::to_string(kRosterWords)},
      {"3", "events", lane(kEventCapacity), std::to_string(kEventWords)},
      {"4", "progress", plain, std::to_string(kProgressWords)},
      {"5", "counters", plain, std::to_string(kCountersWords)},
      {"6", "current", lane(kCurrentCapacity), std::to_string(kCurrentWords)},
      {"7", "requests", lane(kRequestCapacity), std::to_string(kRequestWords)},
      {"8", "histogram", plain, std::to_string(kHistogramBuckets)}};
  std::vector<std::vector<std::string>> documented;
  for (std::size_t i = 1; i < sections.size(); ++i) {
    documented.push_back({sections[i][0], sections[i][1], sections[i][3], sections[i][4]});
  }
  EXPECT_THAT(documented, ElementsAreArray(declared));
}

TEST_F(ProtocolDocument, TellsEveryFieldThatThePrimaryWrites) {
  expect_fields(
      "beat",
      {FIELD(BeatRecord, tick), FIELD(BeatRecord, time_ns), FIELD(BeatRecord, wall_clock_ns),
       FIELD(BeatRecord, target_workers), FIELD(BeatRecord, state), FIELD(BeatRecord, moved),
       FIELD(BeatRecord, protection), FIELD(BeatRecord, balance), FIELD(BeatRecord, open_queues)});
  expect_fields("roster", {FIELD(RosterRecord, pid),
                           FIELD(RosterRecord, generation),
                           FIELD(RosterRecord, state),
                           FIELD(RosterRecord, state_since_ns),
                           FIELD(RosterRecord, forked_ns),
                           FIELD(RosterRecord, ready_ns),
                           FIELD(RosterRecord, stuck_since_ns),
                           FIELD(RosterRecord, kill_at_ns),
                           FIELD(RosterRecord, hang_kind),
                           FIELD(RosterRecord, exit_cause),
                           FIELD(RosterRecord, exit_code),
                           FIELD(RosterRecord, exit_flags),
                           FIELD(RosterRecord, abandoned_last),
                           FIELD(RosterRecord, exit_ns),
                           FIELD(RosterRecord, respawns),
                           FIELD(RosterRecord, hangs),
                           FIELD(RosterRecord, respawn_due_ns),
                           FIELD(RosterRecord, start_ticks),
                           FIELD(RosterRecord, hung_core),
                           FIELD(RosterRecord, hung_core_known),
                           FIELD(RosterRecord, queue_length),
                           FIELD(RosterRecord, queue_limit),
                           FIELD(RosterRecord, queue_open),
                           FIELD(RosterRecord, reserved)});
  auto& rows = tables_["events"];
  const auto kinds = std::ranges::find(rows, "kind", [](const Cells& row) { return row.at(0); });
  ASSERT_NE(kinds, rows.end());
  for (auto row = kinds + 1; row != rows.end(); ++row) {
    EXPECT_EQ(row->at(1), to_string(static_cast<EventKind>(std::stoi(row->at(0)))));
  }
  const auto described = rows.end() - kinds - 1;
  EXPECT_GE(described, static_cast<std::ptrdiff_t>(EventKind::balance));
  EXPECT_EQ(to_string(static_cast<EventKind>(described + 1)), "unknown") << "it is not described";
  rows.erase(kinds, rows.end());
  expect_fields("events", {FIELD(EventRecord, time_ns), FIELD(EventRecord, kind),
                           FIELD(EventRecord, worker), FIELD(EventRecord, hang_kind),
                           FIELD(EventRecord, text_bytes), FIELD(EventRecord, pid),
                           FIELD(EventRecord, generation), FIELD(EventRecord, since_ns),
                           FIELD(EventRecord, duration_ns), FIELD(EventRecord, exit_cause),
                           FIELD(EventRecord, exit_code), FIELD(EventRecord, exit_flags),
                           FIELD(EventRecord, abandoned), FIELD(EventRecord, served_total),
                           FIELD(EventRecord, wall_clock_ns), FIELD(EventRecord, text)});
}

TEST_F(ProtocolDocument, TellsEveryFieldThatAWorkerWrites) {
  expect_fields("progress",
                {FIELD(Progress, phase), FIELD(Progress, busy_since_ns), FIELD(Progress, steps),
                 FIELD(Progress, last_core), FIELD(Progress, generation), FIELD(Progress, ready_ns),
                 FIELD(Progress, requests_done), FIELD(Progress, draining)});
  expect_fields("counters", {FIELD(Counters, responses), FIELD(Counters, bytes_received),
                             FIELD(Counters, bytes_sent), FIELD(Counters, connections_accepted),
                             FIELD(Counters, connections_open), FIELD(Counters, writes_parked),
                             FIELD(Counters, requests_waiting), FIELD(Counters, abandoned),
                             FIELD(Counters, exceptions), FIELD(Counters, limit_reached),
                             FIELD(Counters, writes_unflushed), FIELD(Counters, unended),
                             FIELD(Counters, log_lines_dropped), FIELD(Counters, reports),
                             FIELD(Counters, reports_ignored), FIELD(Counters, shown_again)});
  expect_fields("current", {FIELD(CurrentRecord, id), FIELD(CurrentRecord, start_ns),
                            FIELD(CurrentRecord, connection), FIELD(CurrentRecord, method),
                            FIELD(CurrentRecord, reserved0), FIELD(CurrentRecord, path_bytes),
                            FIELD(CurrentRecord, generation), FIELD(CurrentRecord, reserved1),
                            FIELD(CurrentRecord, path)});
  expect_fields("requests", {FIELD(RequestRecord, id), FIELD(RequestRecord, end_ns),
                             FIELD(RequestRecord, duration_ns), FIELD(RequestRecord, method),
                             FIELD(RequestRecord, heard_from), FIELD(RequestRecord, status),
                             FIELD(RequestRecord, response_bytes), FIELD(RequestRecord, connection),
                             FIELD(RequestRecord, core), FIELD(RequestRecord, path_bytes),
                             FIELD(RequestRecord, path_hash), FIELD(RequestRecord, path)});
}

}  // namespace
}  // namespace forkscope::telemetry
