// What a program reports: lines out of a pipe's bytes, what they say, and what follows for its
// slot.
#include "program/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "program/report_lines.h"
#include "program/requests_in_hand.h"

namespace forkscope::program {
namespace {

using ::testing::ElementsAre;

TEST(Report, BeginsARequest) {
  const auto report = parse_report("begin a-Z_9 PATCH /v1/todos?x=1");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, Report::Kind::begin);
  EXPECT_EQ(report->id, "a-Z_9");
  EXPECT_EQ(report->method, telemetry::Method::patch);
  EXPECT_EQ(report->path, "/v1/todos");
  EXPECT_EQ(parse_report("begin 1 BREW /")->method, telemetry::Method::other);
  EXPECT_EQ(parse_report("begin 1 OPTIONS *")->path, "*");
}

TEST(Report, EndsARequest) {
  const auto report = parse_report("end 7 503 18446744073709551615");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, Report::Kind::end);
  EXPECT_EQ(report->id, "7");
  EXPECT_EQ(report->status, 503U);
  EXPECT_EQ(report->bytes, UINT64_MAX);
  EXPECT_FALSE(report->took_us);
  EXPECT_EQ(parse_report("end 7 200 0 1534")->took_us, 1534U);
}

TEST(Report, IsAWordOrTwo) {
  EXPECT_EQ(parse_report("beat")->kind, Report::Kind::beat);
  EXPECT_EQ(parse_report("ready")->kind, Report::Kind::ready);
}

TEST(Report, IsNothingElse) {
  const std::string long_id(kMaxIdBytes + 1, 'x');
  const std::vector<std::string> wrong = {"",
                                          " ",
                                          "Beat",
                                          "beat ",
                                          "beat\r",
                                          std::string("beat\0", 5),
                                          "begin",
                                          "begin 1",
                                          "begin 1 GET",
                                          "begin 1 GET ",
                                          "begin  1 GET /",
                                          "begin 1 GET / x",
                                          "begin 1 GET /\x7F",
                                          "begin 1 GET /\xC3\xA4",
                                          "begin é GET /",
                                          "begin " + long_id + " GET /",
                                          "begin 1 AMETHODTHATISTOOLONG /",
                                          "end 1 200",
                                          "end 1 200 ",
                                          "end 1 200 1 ",
                                          "end 1 200 1 2 ",
                                          "end 1 200 1 2 3",
                                          "end 1 200 1  2",
                                          "end 1 200 1 -2",
                                          "end 1 99 1",
                                          "end 1 600 1",
                                          "end 1 200 -1",
                                          "end 1 +200 1",
                                          "end 1 200 18446744073709551616",
                                          "end 1 200 0x1",
                                          "begin 1 GET /" + std::string(kMaxReportBytes, 'x')};
  for (const std::string& line : wrong) EXPECT_FALSE(parse_report(line)) << line;
}

std::vector<std::string> lines_of(const std::vector<std::string>& pieces) {
  ReportLines lines;
  std::vector<std::string> result;
  for (const std::string& piece : pieces) {
    lines.feed(piece);
    for (std::string_view line; lines.next(line);) result.emplace_back(line);
  }
  return result;
}

TEST(ReportLines, ComeInWhateverPieces) {
  EXPECT_THAT(lines_of({"a\nbc\n\nd"}), ElementsAre("a", "bc", ""));
  EXPECT_THAT(lines_of({"a", "b", "\n", "\nc", "\nd\n"}), ElementsAre("ab", "", "c", "d"));
}

TEST(ReportLines, AreNoReportsWhereTheyAreTooLong) {
  const std::string much(100'000, 'x');
  const auto lines = lines_of({"beat\n" + much, much, much + "\nbeat\n" + much + "\nbeat\n"});
  ASSERT_EQ(lines.size(), 5U);
  for (const std::size_t i : {1U, 3U}) {
    EXPECT_EQ(lines[i].size(), kMaxReportBytes) << "no more of it is kept";
    EXPECT_FALSE(parse_report(lines[i]));
  }
  EXPECT_EQ(lines[4], "beat");
}

class InHand : public ::testing::Test {
 protected:
  void begin(const std::string& id, const std::string& path) {
    requests_.begin(*parse_report("begin " + id + " GET " + path), ++now_ns_);
  }
  bool end(const std::string& id) {
    return requests_.end(*parse_report("end " + id + " 200 0"), ++now_ns_);
  }
  std::string shown() const {
    const auto request = view_.in_flight(0);
    return request ? request->path : "";
  }
  std::uint64_t unended() const { return view_.counters(0).unended; }

  telemetry::Segment segment_ = telemetry::Segment::create({.slots = 1});
  telemetry::SegmentView view_ = telemetry::SegmentView::map_read_only(segment_.fd());
  telemetry::SlotWriter slot_ = segment_.slot(0);
  RequestsInHand requests_{slot_};
  std::uint64_t now_ns_ = 1;
};

TEST_F(InHand, ShowsTheLatestThatHasNotEnded) {
  begin("a", "/a");
  begin("b", "/b");
  begin("c", "/c");
  EXPECT_TRUE(end("b"));
  EXPECT_EQ(shown(), "/c");
  EXPECT_TRUE(end("c"));
  EXPECT_EQ(shown(), "/a");
  EXPECT_FALSE(end("c")) << "once";
  EXPECT_TRUE(end("a"));
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(view_.requests_total(0), 3U);
}

TEST_F(InHand, HaveTakenAsLongAsTheProgramSays) {
  const auto took = [&](const std::string& end) {
    now_ns_ = 5'000'000;
    begin("a", "/a");
    EXPECT_TRUE(requests_.end(*parse_report(end), ++now_ns_));
    const auto requests = view_.requests(0);
    return requests.read(requests.head() - 1)->duration_ns;
  };
  EXPECT_EQ(took("end a 200 0"), 1U) << "as the lines were read";
  EXPECT_EQ(took("end a 200 0 1534"), 1'534'000U);
  EXPECT_EQ(took("end a 200 0 18446744073709551615"), 5'000'000U) << "since the machine's start";
}

TEST_F(InHand, GivesUpWhoseIdBeginsAnew) {
  begin("a", "/first");
  begin("b", "/b");
  begin("a", "/second");
  EXPECT_EQ(unended(), 1U);
  EXPECT_EQ(shown(), "/second");
  EXPECT_TRUE(end("a"));
  EXPECT_EQ(shown(), "/b");
  EXPECT_EQ(view_.begun_and_not_ended(0), 1U);
}

TEST_F(InHand, GivesUpTheOldestOfTooMany) {
  for (std::size_t i = 0; i <= RequestsInHand::kMost; ++i) begin(std::to_string(i), "/");
  EXPECT_EQ(unended(), 1U);
  EXPECT_EQ(view_.begun_and_not_ended(0), RequestsInHand::kMost);
  EXPECT_FALSE(end("0"));
  EXPECT_TRUE(end("1"));
}

TEST_F(InHand, GivesUpAll) {
  begin("a", "/a");
  begin("b", "/b");
  requests_.give_up_all();
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(unended(), 2U);
  EXPECT_EQ(view_.begun_and_not_ended(0), 0U);
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

}  // namespace
}  // namespace forkscope::program
