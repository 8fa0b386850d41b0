#include "forkscope/telemetry/segment.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include "forkscope/telemetry/histogram.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;

SegmentOptions two_slots() {
  SegmentOptions options;
  options.slots = 2;
  options.port = 8000;
  options.host = "127.0.0.1";
  return options;
}

class SegmentTest : public ::testing::Test {
 protected:
  Segment segment_ = Segment::create(two_slots());
  SegmentView view_ = SegmentView::map_read_only(segment_.fd());
  SlotWriter slot_ = segment_.slot(0);

  void put_on_roster(RosterState state) {
    RosterRecord roster{};
    roster.pid = 4711;
    roster.generation = 1;
    roster.state = static_cast<std::uint64_t>(state);
    roster.forked_ns = kSecond;
    segment_.roster(0).write(roster);
  }
  WorkerReport report(std::uint64_t now) { return *report_worker(view_, 0, now); }
};

TEST_F(SegmentTest, CannotBeWrittenByWhoeverGetsItsDescriptor) {
  EXPECT_EQ(::mmap(nullptr, segment_.size(), PROT_READ | PROT_WRITE, MAP_SHARED, segment_.fd(), 0),
            MAP_FAILED);
  EXPECT_LT(::write(segment_.fd(), "x", 1), 0);
  EXPECT_LT(::ftruncate(segment_.fd(), 0), 0);
}

TEST_F(SegmentTest, TellsWhoseItIs) {
  EXPECT_EQ(view_.header().port, 8000U);
  EXPECT_EQ(view_.header().primary_pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_STREQ(view_.header().host, "127.0.0.1");
  EXPECT_FALSE(report_worker(view_, 0, kSecond)) << "nobody has held this slot yet";
}

TEST_F(SegmentTest, ShowsARequestBeforeItsHandlerReturns) {
  slot_.begin_request(5 * kSecond, Method::get, "/v1/faults/hang", 3);
  const auto request = view_.in_flight(0);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/v1/faults/hang");
  EXPECT_EQ(request->method, Method::get);
  EXPECT_EQ(request->start_ns, 5 * kSecond);
}

TEST_F(SegmentTest, MovesAnEndedRequestToTheLaneTheHistogramAndTheCounters) {
  auto record = slot_.begin_request(5 * kSecond, Method::post, "/v1/todos", 3);
  slot_.end_request(record, 5 * kSecond + 1'000'000, 201, 99);
  EXPECT_FALSE(view_.in_flight(0));
  const auto ended = view_.requests(0).latest();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, 201);
  EXPECT_EQ(ended->duration_ns, 1'000'000U);
  EXPECT_EQ(view_.counters(0).responses[1], 1U);
  std::vector<std::uint64_t> buckets;
  view_.histogram(0, buckets);
  EXPECT_EQ(buckets[histogram_bucket(1'000'000)], 1U);
  EXPECT_EQ(std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0}), 1U);
}

TEST_F(SegmentTest, TellsWhichWorkerARequestWasHeardFrom) {
  const auto heard_from = [&](std::uint32_t worker) {
    auto request = slot_.begin_request(kSecond, Method::put, "said", 0);
    request.is_heard_from(worker);
    slot_.end_request(request, kSecond, 200, 0);
    return view_.requests(0).latest()->heard_from;
  };
  EXPECT_EQ(heard_from(3), 3);
  EXPECT_EQ(heard_from(255), 255);
  EXPECT_EQ(heard_from(256), 0) << "there is no room for it";
  auto of_a_client = slot_.begin_request(kSecond, Method::post, "say", 1);
  slot_.end_request(of_a_client, kSecond, 200, 0);
  EXPECT_EQ(view_.requests(0).latest()->heard_from, 0);
}

TEST_F(SegmentTest, CutsALongPathAndKeepsItsTail) {
  const std::string path = "/" + std::string(1000, 'a') + "/the-end";
  auto record = slot_.begin_request(kSecond, Method::get, path, 1);
  EXPECT_EQ(view_.in_flight(0)->path, path.substr(0, kPathBytes));
  slot_.end_request(record, kSecond, 200, 0);
  const auto ended = view_.requests(0).latest();
  EXPECT_EQ(std::string(ended->path, kRequestPathBytes), path.substr(path.size() - 16));
  EXPECT_EQ(ended->path_bytes, path.size());
}

TEST_F(SegmentTest, CountsEveryBegunWriteThatDiedWithItsWorker) {
  auto answered = slot_.begin_request(kSecond, Method::post, "/v1/todos", 1);
  slot_.begin_request(kSecond, Method::post, "/v1/todos", 2);
  slot_.begin_request(kSecond, Method::post, "/v1/todos", 3);
  slot_.end_request(answered, kSecond, 201, 0);
  EXPECT_EQ(segment_.slot(0).settle_after_exit(), 2U);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(view_.counters(0).abandoned, 2U);
  EXPECT_EQ(view_.counters(0).responses[1], 1U) << "counters never go back";
}

TEST_F(SegmentTest, KnowsOfWritesThatWaitForTheDiskWhileOthersComeAndGo) {
  auto waiting = slot_.begin_request(kSecond, Method::post, "/v1/todos", 1);
  slot_.writes_unflushed();
  EXPECT_FALSE(view_.in_flight(0)) << "out of hand";
  auto read = slot_.begin_request(kSecond, Method::get, "/v1/todos", 2);
  EXPECT_EQ(view_.in_flight(0)->method, Method::get);
  slot_.end_request(read, kSecond, 200, 0);
  EXPECT_FALSE(view_.in_flight(0));
  slot_.end_request(waiting, 2 * kSecond, 201, 0);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(segment_.slot(0).settle_after_exit(), 0U);
}

TEST_F(SegmentTest, CountsWritesThatWaitForTheDiskAsLostWithTheirWorker) {
  slot_.begin_request(kSecond, Method::post, "/v1/todos", 1);
  slot_.begin_request(kSecond, Method::post, "/v1/todos", 2);
  slot_.writes_unflushed();
  auto read = slot_.begin_request(kSecond, Method::get, "/v1/todos", 3);
  slot_.end_request(read, kSecond, 200, 0);
  slot_.begin_request(kSecond, Method::get, "/v1/faults/crash", 4);
  EXPECT_EQ(segment_.slot(0).settle_after_exit(), 3U);
  EXPECT_EQ(view_.counters(0).writes_unflushed, 0U);
}

TEST_F(SegmentTest, CountsWritesThatTheDiskHasAndNobodyHasBeenTold) {
  auto told = slot_.begin_request(kSecond, Method::post, "/v1/todos", 1);
  slot_.begin_request(kSecond, Method::post, "/v1/todos", 2);
  slot_.writes_unflushed();
  auto read = slot_.begin_request(kSecond, Method::get, "/v1/todos", 3);
  slot_.end_request(read, kSecond, 200, 0);
  slot_.end_request(told, 2 * kSecond, 201, 0);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(view_.counters(0).writes_unflushed, 1U);
  EXPECT_EQ(segment_.slot(0).settle_after_exit(), 1U);
  EXPECT_EQ(segment_.slot(0).settle_after_exit(), 0U) << "counted once";
}

TEST_F(SegmentTest, ShowsTheLatestOfThoseThatEndInAnyOrder) {
  auto slow = slot_.begin_in_any_order(kSecond, Method::get, "/slow");
  auto slower = slot_.begin_in_any_order(kSecond, Method::get, "/slower");
  auto quick = slot_.begin_in_any_order(kSecond, Method::get, "/quick");
  slot_.end_in_any_order(quick, 2 * kSecond, 200, 0);
  EXPECT_FALSE(view_.in_flight(0));
  slot_.show_again(slower, "/slower");
  ASSERT_TRUE(view_.in_flight(0));
  EXPECT_EQ(view_.in_flight(0)->path, "/slower");
  EXPECT_EQ(view_.in_flight(0)->start_ns, kSecond);
  slot_.end_in_any_order(slow, 3 * kSecond, 200, 0);
  EXPECT_EQ(view_.in_flight(0)->path, "/slower") << "another one has ended";
  EXPECT_EQ(view_.begun_and_not_ended(0), 1U);
  slot_.give_up(slower);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(view_.begun_and_not_ended(0), 0U);
  EXPECT_EQ(view_.requests_total(0), 2U);
  EXPECT_EQ(view_.counters(0).unended, 1U);
  EXPECT_EQ(slot_.settle_after_exit(), 0U) << "all of them are accounted for";
}

TEST_F(SegmentTest, CountsThoseThatEndInAnyOrderAsLostWithTheirWorker) {
  auto ended = slot_.begin_in_any_order(kSecond, Method::get, "/");
  auto lost = slot_.begin_in_any_order(kSecond, Method::get, "/lost");
  auto shown = slot_.begin_in_any_order(kSecond, Method::get, "/");
  slot_.end_in_any_order(shown, kSecond, 200, 0);
  slot_.show_again(lost, "/lost");
  slot_.end_in_any_order(ended, kSecond, 200, 0);
  EXPECT_EQ(slot_.settle_after_exit(), 1U);
  EXPECT_EQ(view_.begun_and_not_ended(0), 0U);
  EXPECT_FALSE(view_.in_flight(0));
}

TEST_F(SegmentTest, TellsIdleFromBusyByTheWorkersOwnWord) {
  put_on_roster(RosterState::ready);
  slot_.idle();
  EXPECT_EQ(report(kSecond).state, WorkerState::idle);
  slot_.step(Phase::handling, kSecond);
  EXPECT_EQ(report(kSecond).state, WorkerState::busy);
}

TEST_F(SegmentTest, BelievesThePrimaryThatAWorkerHangs) {
  put_on_roster(RosterState::hung);
  slot_.step(Phase::handling, kSecond);
  EXPECT_EQ(report(kSecond).state, WorkerState::hung);
}

TEST_F(SegmentTest, ShowsAStateItDoesNotKnowAsUnknown) {
  put_on_roster(static_cast<RosterState>(77));
  EXPECT_EQ(report(kSecond).state, WorkerState::unknown);
}

TEST_F(SegmentTest, KnowsTheRateOfTheLastSecond) {
  put_on_roster(RosterState::ready);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    auto record = slot_.begin_request(i * kSecond / 50, Method::get, "/", 1);
    slot_.end_request(record, i * kSecond / 50, 200, 0);
  }
  EXPECT_NEAR(report(2 * kSecond).requests_per_second, 50, 1);
  EXPECT_EQ(report(10 * kSecond).requests_per_second, 0);
}

TEST_F(SegmentTest, EstimatesARateThatTheLaneIsTooShortFor) {
  put_on_roster(RosterState::ready);
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    auto record = slot_.begin_request(i * kSecond / 10'000, Method::get, "/", 1);
    slot_.end_request(record, i * kSecond / 10'000, 200, 0);
  }
  EXPECT_NEAR(report(2000 * kSecond / 10'000).requests_per_second, 10'000, 100);
}

TEST_F(SegmentTest, LetsAWorkerWriteItsOwnSlotAndNoOther) {
  const auto ends_by = [&](std::uint32_t written) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGSEGV, SIG_DFL);
      segment_.confine_to_slot(0);
      segment_.slot(written).idle();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  };
  EXPECT_EQ(ends_by(0), 0);
  EXPECT_EQ(ends_by(1), SIGSEGV);
}

/// A private, writable copy that can be made to lie.
class LyingSegment : public SegmentTest {
 protected:
  std::vector<std::uint64_t> copy_ =
      std::vector<std::uint64_t>(segment_.size() / sizeof(std::uint64_t));
  LyingSegment() { std::memcpy(copy_.data(), segment_.data(), segment_.size()); }

  Header& header() { return *reinterpret_cast<Header*>(copy_.data()); }
  void sign() {
    header().layout_hash = section_table_hash(header());
    header().crc32c = header_crc32c(header());
  }
  std::string refusal() {
    try {
      SegmentView::over(reinterpret_cast<const std::byte*>(copy_.data()), segment_.size());
      return "accepted";
    } catch (const SegmentError& error) {
      return error.what();
    }
  }
};

TEST_F(LyingSegment, IsAcceptedAsLongAsItTellsTheTruth) { EXPECT_EQ(refusal(), "accepted"); }

TEST_F(LyingSegment, IsRefusedInOneSentence) {
  struct Lie {
    const char* sentence;
    std::function<void(Header&)> tell;
    bool signed_again;
  };
  const Lie lies[] = {
      {"not a Forkscope segment", [](Header& h) { h.magic = 1; }, true},
      {"speaks version 2", [](Header& h) { h.major_version = 2; }, true},
      {"checksum", [](Header& h) { h.port = 1; }, false},
      {"contradicts itself", [](Header& h) { h.word_bytes = 4; }, true},
      {"contradicts itself", [](Header& h) { h.total_bytes += 8; }, true},
      {"contradicts itself", [](Header& h) { h.slot_count = kMaxSlots + 1; }, true},
      {"out of place", [](Header& h) { h.sections[0].id = 7; }, true},
      {"impossible shape", [](Header& h) { h.sections[2].capacity = 4095; }, true},
      {"impossible shape", [](Header& h) { h.sections[1].record_words = 1; }, true},
      {"impossible shape", [](Header& h) { h.sections[4].capacity = 2; }, true},
      {"outside the segment", [](Header& h) { h.sections[7].offset = h.total_bytes; }, true},
      {"outside the segment", [](Header& h) { h.sections[3].stride = UINT64_MAX & ~7ULL; }, true},
      {"outside the segment", [](Header& h) { h.sections[5].offset += 1; }, true},
      {"outside the segment", [](Header& h) { h.sections[0].count = 2; }, true},
      {"overlap", [](Header& h) { h.sections[6].offset = h.sections[5].offset; }, true},
      {"overlap", [](Header& h) { h.sections[0].offset = h.sections[2].offset; }, true},
  };
  for (const Lie& lie : lies) {
    std::memcpy(copy_.data(), segment_.data(), segment_.size());
    lie.tell(header());
    if (lie.signed_again) sign();
    EXPECT_THAT(refusal(), HasSubstr(lie.sentence));
  }
}

TEST_F(LyingSegment, OfAServerBeforeVersion4HasZerosForWhatItDoesNotKnow) {
  put_on_roster(RosterState::ready);
  std::memcpy(copy_.data(), segment_.data(), segment_.size());
  Section& counters = header().sections[4];
  std::fill_n(copy_.begin() + static_cast<std::ptrdiff_t>(counters.offset / sizeof(Word)),
              kCountersWords, 7);  // beyond its words is what is somebody else's
  counters.record_words = kCountersWordsBefore4;
  header().sections[1].record_words = kRosterWordsBefore4;
  sign();
  const auto view =
      SegmentView::over(reinterpret_cast<const std::byte*>(copy_.data()), segment_.size());
  EXPECT_EQ(view.counters(0).unended, 7U);
  EXPECT_EQ(view.counters(0).log_lines_dropped, 0U);
}

TEST_F(LyingSegment, CannotCrashAReaderBehindAGoodHeader) {
  const std::size_t words = segment_.size() / sizeof(std::uint64_t);
  for (std::size_t i = kHeaderBytes / sizeof(std::uint64_t); i < words; ++i) {
    copy_[i] = i * 0x9E37'79B9'7F4A'7C15;
  }
  const auto view =
      SegmentView::over(reinterpret_cast<const std::byte*>(copy_.data()), segment_.size());
  for (const WorkerReport& worker : report_workers(view, kSecond)) {
    EXPECT_LE(worker.in_flight ? worker.in_flight->path.size() : 0, kPathBytes);
  }
  LaneCursor<EventRecord> events(view.events(), 100);
  for (int i = 0; i < 200; ++i) events.next();
}

TEST(Histogram, HasBucketsNarrowerThanASixteenthOfTheirValue) {
  for (std::uint32_t bucket = 16; bucket + 1 < kHistogramBuckets; ++bucket) {
    const std::uint64_t low = histogram_lower_bound_ns(bucket);
    const std::uint64_t high = histogram_lower_bound_ns(bucket + 1);
    ASSERT_EQ(histogram_bucket(low), bucket);
    ASSERT_EQ(histogram_bucket(high - 1), bucket);
    ASSERT_LE((high - low) * 16, low);
  }
  EXPECT_EQ(histogram_bucket(UINT64_MAX), kHistogramBuckets - 1);
}

}  // namespace
}  // namespace forkscope::telemetry
