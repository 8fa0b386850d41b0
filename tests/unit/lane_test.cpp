#include "forkscope/telemetry/lane.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <thread>
#include <vector>

namespace forkscope::telemetry {
namespace {

constexpr std::uint32_t kWords = 8;
constexpr std::uint32_t kCapacity = 16;

/// Every word says which record it belongs to: one that does not is torn.
struct Record {
  std::array<std::uint64_t, kWords> words;

  static Record number(std::uint64_t n) {
    Record record{};
    for (std::uint32_t i = 0; i < kWords; ++i) record.words[i] = n * kWords + i;
    return record;
  }
  bool is_whole() const {
    for (std::uint32_t i = 0; i < kWords; ++i) {
      if (words[i] != words[0] + i) return false;
    }
    return words[0] % kWords == 0;
  }
  std::uint64_t number() const { return words[0] / kWords; }
};

class Lane : public ::testing::Test {
 protected:
  std::vector<Word> memory_ = std::vector<Word>(lane_bytes(kWords, kCapacity) / sizeof(Word));
  LaneWriter<Record, kCapacity> writer_{memory_.data()};
  LaneReader<Record> reader_{memory_.data(), kWords, kCapacity};

  void write(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t n = first; n <= last; ++n) writer_.write(Record::number(n));
  }
};

TEST_F(Lane, HasNothingBeforeTheFirstRecord) {
  EXPECT_FALSE(reader_.latest());
  EXPECT_FALSE(reader_.read(0));
  EXPECT_FALSE(LaneCursor<Record>(reader_).next());
}

TEST_F(Lane, GivesRecordsInOrder) {
  LaneCursor<Record> cursor(reader_);
  write(0, 9);
  for (std::uint64_t n = 0; n < 10; ++n) EXPECT_EQ(cursor.next()->number(), n);
  EXPECT_FALSE(cursor.next());
  EXPECT_EQ(cursor.lost(), 0U);
}

TEST_F(Lane, RefusesTheRecordThatTheNextWriteWillTouch) {
  write(0, kCapacity - 1);
  EXPECT_FALSE(reader_.read(0)) << "its words may be half overwritten already";
  EXPECT_EQ(reader_.read(1)->number(), 1U);
}

TEST_F(Lane, CountsExactlyWhatALappedReaderHasMissed) {
  LaneCursor<Record> cursor(reader_);
  write(0, 99);
  std::uint64_t seen = 0;
  std::uint64_t expected = 100 - (kCapacity - 1);
  while (const auto record = cursor.next()) {
    EXPECT_EQ(record->number(), expected++);
    ++seen;
  }
  EXPECT_EQ(seen, kCapacity - 1);
  EXPECT_EQ(cursor.lost(), 100 - seen);
}

TEST_F(Lane, LetsALateReaderStartAtWhatIsThere) {
  write(0, 99);
  LaneCursor<Record> cursor(reader_, /*backlog=*/5);
  EXPECT_EQ(cursor.next()->number(), 95U);
  EXPECT_EQ(cursor.lost(), 0U);
}

TEST_F(Lane, GivesUpOnALaneWhoseHeadMovesBackwards) {
  write(0, 9);
  LaneCursor<Record> cursor(reader_, 5);
  ASSERT_TRUE(cursor.next());
  memory_[0] = 3;
  EXPECT_FALSE(cursor.next());
  EXPECT_TRUE(cursor.corrupt());
}

TEST_F(Lane, SurvivesAHeadThatLies) {
  memory_[0] = UINT64_MAX;
  EXPECT_TRUE(reader_.latest() || true) << "any answer will do, as long as there is one";
  LaneCursor<Record> cursor(reader_, UINT64_MAX);
  for (int i = 0; i < 100; ++i) cursor.next();
}

TEST_F(Lane, PublishesAShortRecordWithOldBytesBehindIt) {
  write(7, 7);
  writer_.write(Record::number(8), 3 * sizeof(Word));
  EXPECT_EQ(reader_.latest()->words[2], Record::number(8).words[2]);
}

TEST_F(Lane, GivesZeroForWhatAnOlderWriterDidNotWrite) {
  constexpr std::uint32_t kOlderWords = kWords - 2;
  LaneReader<Record> reader(memory_.data(), kOlderWords, 2);
  std::fill(memory_.begin(), memory_.end(), 77);
  memory_[0] = 1;
  const auto record = reader.latest();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->words[kOlderWords - 1], 77U);
  EXPECT_EQ(record->words[kOlderWords], 0U);
  EXPECT_EQ(record->words[kWords - 1], 0U);
}

// TSan watches this one: see the label in CMakeLists.txt.
TEST_F(Lane, NeverShowsATornRecordToReadersOnOtherThreads) {
  constexpr std::uint64_t kRecords = 300'000;
  std::vector<std::thread> readers;
  std::array<std::uint64_t, 2> accounted{};
  for (std::uint64_t& total : accounted) {
    readers.emplace_back([&total, cursor = LaneCursor<Record>(reader_)]() mutable {
      std::uint64_t seen = 0;
      std::uint64_t next = 0;
      while (next < kRecords) {
        const auto record = cursor.next();
        if (!record) continue;
        ASSERT_TRUE(record->is_whole());
        ASSERT_GE(record->number(), next);
        next = record->number() + 1;
        ++seen;
      }
      total = seen + cursor.lost();
    });
  }
  write(0, kRecords - 1);
  for (std::thread& reader : readers) reader.join();
  for (const std::uint64_t total : accounted) EXPECT_EQ(total, kRecords) << "loss is exact";
}

TEST_F(Lane, AlwaysHoldsACompleteRecordHoweverItsWriterWasKilled) {
  const std::size_t bytes = lane_bytes(kWords, 2);
  void* shared = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* words = static_cast<Word*>(shared);
  const LaneReader<Record> latch(words, kWords, 2);
  LaneWriter<Record, 2>(words).write(Record::number(0));
  std::uint64_t before = 0;
  for (int round = 0; round < 200; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      LaneWriter<Record, 2> writer(words);
      for (std::uint64_t n = writer.head();; ++n) writer.write(Record::number(n));
    }
    const std::uint64_t start = latch.head();
    while (latch.head() < start + 10) {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto record = latch.latest();
    ASSERT_TRUE(record);
    ASSERT_TRUE(record->is_whole());
    ASSERT_EQ(record->number(), latch.head() - 1);
    ASSERT_GE(record->number(), before);
    before = record->number();
  }
  ::munmap(shared, bytes);
}

}  // namespace
}  // namespace forkscope::telemetry
