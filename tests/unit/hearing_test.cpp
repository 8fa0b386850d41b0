// What becomes of what a worker says: how much of it, when, and in whose name. Time is an argument.
#include "supervisor/hearing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/segment.h"

namespace forkscope::supervisor {
namespace {

using child::Mark;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBeat = kSecond / 10;

std::string said(const std::string& what, const std::string& request = "GET /v1/x",
                 const std::string& number = "7") {
  return number + '\0' + request + '\0' + what;
}

class HearingTest : public ::testing::Test {
 protected:
  HearingTest() {
    hearing_.begin({2, 4711, 1});
    ::testing::internal::CaptureStderr();
  }
  ~HearingTest() override {
    if (!taken_) ::testing::internal::GetCapturedStderr();
  }

  /// As a worker does.
  void threw(int times, const std::string& what) {
    for (int i = 0; i < times; ++i) segment_.slot(1).exception();
    hearing_.hear(Mark::exception, said(what), now_ns_);
  }
  /// The primary looks ten times a second.
  void pass(std::uint64_t span_ns) {
    for (const std::uint64_t end = now_ns_ + span_ns; now_ns_ < end;) {
      now_ns_ += kBeat;
      hearing_.watch(now_ns_);
    }
  }
  /// Of all events so far.
  std::vector<std::uint32_t> counts() const {
    std::vector<std::uint32_t> counts;
    for (const auto& event : events()) counts.push_back(event.exit_code);
    return counts;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> told;
    for (const auto& event : events()) told.push_back(telemetry::describe(event));
    return told;
  }
  /// Without the time; once.
  std::vector<std::string> log() {
    taken_ = true;
    std::istringstream stream(::testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line.substr(24));
    return lines;
  }

  telemetry::Segment segment_ = telemetry::Segment::create({.slots = 2});
  telemetry::SegmentView view_ = telemetry::SegmentView::over(segment_.data(), segment_.size());
  EventLog events_{segment_, view_, LogFormat::text};
  Hearing hearing_{events_, view_, 1};
  std::uint64_t now_ns_ = 1000 * kSecond;

 private:
  std::vector<telemetry::EventRecord> events() const {
    std::vector<telemetry::EventRecord> events;
    for (std::uint64_t n = 0; n < view_.events().head(); ++n) {
      events.push_back(*view_.events().read(n));
    }
    return events;
  }

  bool taken_ = false;
};

TEST_F(HearingTest, TellsOfAnExceptionAtOnce) {
  threw(1, "database is locked");
  EXPECT_THAT(told(), ElementsAre("worker 2 had an exception in GET /v1/x: database is locked"));
  pass(5 * kSecond);
  EXPECT_THAT(counts(), ElementsAre(1));
  EXPECT_THAT(log(), ElementsAre("warning worker 2 had an exception in GET /v1/x (request 7): "
                                 "database is locked, pid 4711"));
}

TEST_F(HearingTest, CountsThoseThatItIsNotToldOf) {
  threw(1, "first");
  threw(1234, "second");
  pass(2 * kSecond);
  EXPECT_THAT(
      told(),
      ElementsAre("worker 2 had an exception in GET /v1/x: first",
                  "worker 2 had 1234 exceptions in 1.00 s, the latest in GET /v1/x: second"));
  EXPECT_THAT(log(), ElementsAre(HasSubstr("first"), HasSubstr("second"),
                                 "warning worker 2, pid 4711: 1233 more exceptions in the last "
                                 "second"));
}

TEST_F(HearingTest, NeverFillsTheEventLane) {
  for (int second = 0; second < 3600; ++second) {
    threw(100, "again");
    pass(kSecond);
  }
  pass(60 * kSecond);
  EXPECT_LT(counts().size(), 190U) << "an hour of them";
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts()) sum += count;
  EXPECT_EQ(sum, 360'000U);
}

TEST_F(HearingTest, IsQuickAgainAfterAPause) {
  for (int second = 0; second < 20; ++second) {
    threw(1, "again");
    pass(kSecond);
  }
  pass(600 * kSecond);
  const std::size_t before = counts().size();
  threw(1, "anew");
  EXPECT_THAT(told(), SizeIs(before + 1));
  EXPECT_THAT(told().back(), HasSubstr("anew"));
}

TEST_F(HearingTest, TellsOfOneThatNothingWasSaidAbout) {
  segment_.slot(1).exception();
  hearing_.watch(now_ns_);
  EXPECT_THAT(told(), IsEmpty()) << "it may be on its way";
  pass(2 * kSecond);
  EXPECT_THAT(told(), ElementsAre("worker 2 had an exception"));
  EXPECT_THAT(log(),
              ElementsAre("warning worker 2, pid 4711: 1 more exception in the last second"));
}

TEST_F(HearingTest, TellsAllWhenTheProcessIsGone) {
  threw(1, "first");
  threw(3, "last");
  hearing_.end(now_ns_);
  EXPECT_THAT(counts(), ElementsAre(1, 3));
  hearing_.begin({2, 4712, 2});
  threw(1, "of the successor");
  EXPECT_THAT(log().back(), HasSubstr("of the successor, pid 4712"));
}

TEST_F(HearingTest, ListensToSoMuchInASecondAndNoMore) {
  std::uint32_t heard = 0;
  while (hearing_.may_listen(now_ns_) && heard < 10'000) {
    hearing_.hear(Mark::info, "a line", now_ns_);
    ++heard;
  }
  EXPECT_EQ(heard, Hearing::kMostPerSecond);
  EXPECT_FALSE(hearing_.may_listen(now_ns_ + kSecond - 1));
  EXPECT_TRUE(hearing_.may_listen(now_ns_ + kSecond));
}

TEST_F(HearingTest, SaysHowManyLinesWereDropped) {
  hearing_.hear(Mark::info, "the first", now_ns_);
  for (int i = 0; i < 12; ++i) segment_.slot(1).log_line_dropped();
  pass(3 * kSecond);
  EXPECT_THAT(log(), ElementsAre("info    worker 2, pid 4711: the first",
                                 HasSubstr("too many in the last second, and are not here: 12")));
}

TEST_F(HearingTest, TakesAnyBytes) {
  hearing_.hear(Mark::exception, "", now_ns_);
  hearing_.hear(Mark::exception, std::string(1023, '\0'), now_ns_);
  hearing_.hear(Mark::exception, "\xff\n\x1b[2J", now_ns_);
  hearing_.hear(static_cast<Mark>(0), "\xff", now_ns_);
  hearing_.hear(Mark::ready, "", now_ns_);
  pass(2 * kSecond);
  EXPECT_THAT(told(), IsEmpty()) << "it has counted none";
  const auto lines = log();
  ASSERT_THAT(lines, SizeIs(4));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, HasSubstr("worker 2"));
    EXPECT_EQ(line.find('\x1b'), line.npos);
  }
  EXPECT_THAT(lines.back(), HasSubstr("messages that nobody understands: 2"));
}

TEST_F(HearingTest, CutsThePathBeforeWhatWasThrown) {
  segment_.slot(1).exception();
  hearing_.hear(Mark::exception,
                said("database is locked", "DELETE /v1/" + std::string(200, 'a') + "/end"),
                now_ns_);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_THAT(told().front(), HasSubstr("in DELETE ...aaa"));
  EXPECT_THAT(told().front(), HasSubstr("/end: database is locked"));
}

TEST_F(HearingTest, CutsWhatWasThrownWhereItIsLong) {
  threw(1, std::string(900, 'w'));
  EXPECT_THAT(told().front(), HasSubstr("in GET /v1/x: wwwwwwwwwwwwwwwwwwwwwwww"));
  hearing_.hear(Mark::exception, said(std::string(2000, 'x')).substr(0, child::kMaxMessage - 1),
                now_ns_);
  EXPECT_THAT(log(),
              ElementsAre(HasSubstr(std::string(900, 'w') + ", pid"), HasSubstr("x …, pid")));
}

}  // namespace
}  // namespace forkscope::supervisor
