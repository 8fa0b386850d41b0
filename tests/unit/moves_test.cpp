#include "history/moves.h"

#include <gtest/gtest.h>

#include "event_builder.h"
#include "history/history.h"
#include "picture_builder.h"

namespace forkscope::history {
namespace {

using telemetry::MoveReason;
using test::kMillisecond;
using test::kSecond;
using test::kStart;
using test::moved;

using Receivers = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

std::optional<Move> read(std::string_view text, std::uint32_t count = 15) {
  return move_of(moved(kStart, 3, 2, MoveReason::hang, count, text));
}

TEST(Moves, AnEventSaysWhoGotHowMany) {
  const auto move = read("1:5 2:4 4:6");
  ASSERT_TRUE(move.has_value());
  EXPECT_EQ(move->at_ns, kStart);
  EXPECT_EQ(move->duration_ns, 3 * kMillisecond);
  EXPECT_EQ(move->from, 3U);
  EXPECT_EQ(move->generation, 2U);
  EXPECT_EQ(move->reason, MoveReason::hang);
  EXPECT_EQ(move->connections, 15U);
  EXPECT_EQ(move->to, (Receivers{{1, 5}, {2, 4}, {4, 6}}));
}

TEST(Moves, ASuccessorMayGetThem) { EXPECT_EQ(read("3:15")->to, (Receivers{{3, 15}})); }

TEST(Moves, WhereTheTextHasNoRoomForAllTheCountStillIsOfAll) {
  const auto move = read("1:5 2:4", 900);
  ASSERT_TRUE(move.has_value());
  EXPECT_EQ(move->connections, 900U);
  EXPECT_EQ(move->to, (Receivers{{1, 5}, {2, 4}}));
}

TEST(Moves, ATextThatNoPrimaryWritesIsRefused) {
  for (const char* text : {"",
                           " ",
                           "1",
                           "1:",
                           ":5",
                           "1:5 ",
                           " 1:5",
                           "1:5  2:4",
                           "1:5,2:4",
                           "1:5 2",
                           "1:5 2:4x",
                           "a:5",
                           "1:b",
                           "-1:5",
                           "1:-5",
                           "+1:5",
                           "0:5",
                           "257:5",
                           "1:0",
                           "1:16",
                           "1:10 2:6",
                           "1:4294967296",
                           "1:18446744073709551617",
                           "\x1b[2J"}) {
    EXPECT_FALSE(read(text).has_value()) << text;
  }
}

TEST(Moves, AnEventThatCannotBeTrueIsRefused) {
  telemetry::EventRecord event = moved(kStart, 3, 2, MoveReason::hang, 5, "1:5");
  EXPECT_TRUE(move_of(event).has_value());
  event.exit_cause = 0;
  EXPECT_FALSE(move_of(event).has_value());
  event.exit_cause = 99;
  EXPECT_FALSE(move_of(event).has_value());
  EXPECT_FALSE(move_of(moved(kStart, 0, 2, MoveReason::hang, 5, "1:5")).has_value());
  EXPECT_FALSE(move_of(moved(kStart, 300, 2, MoveReason::hang, 5, "1:5")).has_value());
  EXPECT_FALSE(move_of(test::hung(kStart, 3, 1, kStart, "1:5")).has_value());
}

TEST(Moves, AreFoundByWhenTheyWereTold) {
  History history;
  history.add(test::picture(kStart, 0), {}, {});
  const std::vector<telemetry::EventRecord> events = {
      moved(kStart + kSecond, 3, 1, MoveReason::hang, 15, "1:8 2:7"),
      test::event(kStart + 2 * kSecond, telemetry::EventKind::abort, 3, 1),
      moved(kStart + 3 * kSecond, 1, 1, MoveReason::balance, 4, "3:4"),
      moved(kStart + 4 * kSecond, 2, 1, MoveReason::balance, 3, "nonsense")};
  history.add(test::picture(kStart + 5 * kSecond, 0), {}, events);

  const auto all = moves_between(history, kStart, kStart + 5 * kSecond);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].from, 3U);
  EXPECT_EQ(all[1].from, 1U);
  EXPECT_EQ(moves_between(history, kStart + kSecond, kStart + 3 * kSecond).size(), 1U);
  EXPECT_EQ(moves_between(history, kStart, kStart + kSecond).size(), 1U);
  EXPECT_TRUE(moves_between(history, kStart + 3 * kSecond, kStart + 5 * kSecond).empty());
}

}  // namespace
}  // namespace forkscope::history
