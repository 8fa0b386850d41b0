// Connections that move: when each dot is where. The pictures themselves are golden images.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "views/moves.h"

namespace forkscope::views {
namespace {

using history::Move;
using telemetry::MoveReason;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kNow = 7'000'000 * kMs;

Move move(std::uint64_t at_ns, std::uint32_t from,
          std::vector<std::pair<std::uint32_t, std::uint32_t>> to,
          MoveReason reason = MoveReason::hang) {
  Move move;
  move.at_ns = at_ns;
  move.duration_ns = 3 * kMs;
  move.from = from;
  move.reason = reason;
  for (const auto& [worker, count] : to) move.connections += count;
  move.to = std::move(to);
  return move;
}

Flight flight() { return {move(kNow, 3, {{1, 5}, {2, 5}, {4, 5}}), kNow}; }

/// Dots by the index of who gets them.
std::map<std::size_t, int> count(const std::vector<Dot>& dots) {
  std::map<std::size_t, int> counts;
  for (const Dot& dot : dots) ++counts[dot.receiver];
  return counts;
}

TEST(Flight, HasADotForEachConnection) {
  const std::map<std::size_t, int> five_each{{0, 5}, {1, 5}, {2, 5}};
  for (const std::uint64_t after : {0 * kMs, 700 * kMs, 1'900 * kMs}) {
    EXPECT_EQ(count(dots_of(flight(), kNow + after)), five_each);
  }
}

TEST(Flight, BeginsAtTheWorkerThatHadThemAndEndsAtThoseThatHaveThem) {
  EXPECT_TRUE(dots_of(flight(), kNow - 1).empty());
  for (const Dot& dot : dots_of(flight(), kNow)) EXPECT_EQ(dot.way, 0);
  const auto landing = dots_of(flight(), kNow + kFlightNs - 10 * kMs);
  EXPECT_TRUE(std::any_of(landing.begin(), landing.end(), [](Dot dot) { return dot.way < 1; }));
  for (const Dot& dot : dots_of(flight(), kNow + kFlightNs)) EXPECT_EQ(dot.way, 1);
  EXPECT_FALSE(dots_of(flight(), kNow + kFlightShownNs - 1).empty());
  EXPECT_TRUE(dots_of(flight(), kNow + kFlightShownNs).empty());
}

TEST(Flight, GoesNeverBack) {
  std::vector<Dot> before = dots_of(flight(), kNow);
  for (std::uint64_t after = 0; after < kFlightShownNs; after += 20 * kMs) {
    const std::vector<Dot> dots = dots_of(flight(), kNow + after);
    ASSERT_EQ(dots.size(), before.size());
    for (std::size_t i = 0; i < dots.size(); ++i) EXPECT_GE(dots[i].way, before[i].way);
    before = dots;
  }
}

TEST(Flight, OfVeryManyHasAShareOfThemForEachWorker) {
  const Flight many{move(kNow, 1, {{2, 300}, {3, 600}, {4, 60}}), kNow};
  const auto counts = count(dots_of(many, kNow + 500 * kMs));
  EXPECT_EQ(counts, (std::map<std::size_t, int>{{0, 20}, {1, 40}, {2, 4}}));
}

TEST(Flights, BeginWhenTheMoveWasMade) {
  const auto flights = flights_of({move(kNow, 3, {{1, 5}}), move(kNow + 20 * kMs, 2, {{4, 5}})});
  ASSERT_EQ(flights.size(), 2U);
  EXPECT_EQ(flights[0].start_ns, kNow);
  EXPECT_EQ(flights[1].start_ns, kNow + 20 * kMs);
}

// A worker crashes, and its successor is there before the first dot has left.
TEST(Flights, WithANewcomersShareBeginWhenOthersHaveBeenSeenToLeaveIt) {
  const auto flights = flights_of({move(kNow, 3, {{1, 5}, {2, 5}}, MoveReason::crash),
                                   move(kNow + 20 * kMs, 1, {{3, 4}}, MoveReason::balance),
                                   move(kNow + 21 * kMs, 2, {{3, 4}}, MoveReason::balance)});
  ASSERT_EQ(flights.size(), 3U);
  EXPECT_EQ(flights[1].start_ns, kNow + kFlightShownNs);
  EXPECT_EQ(flights[2].start_ns, kNow + kFlightShownNs);
}

TEST(Flights, FromWhoeverHangsNeverWait) {
  const auto flights = flights_of(
      {move(kNow, 3, {{1, 5}}, MoveReason::balance), move(kNow + 20 * kMs, 2, {{1, 5}, {3, 5}})});
  ASSERT_EQ(flights.size(), 2U);
  EXPECT_EQ(flights[1].start_ns, kNow + 20 * kMs);
}

TEST(Flights, AreSeenAtTheirMomentsAndDependOnNothingThatCameLater) {
  history::History history;
  const auto add = [&history](const Move& move) {
    picture::Snapshot picture;
    picture.attachment = picture::Attachment::live;
    picture.time_ns = move.at_ns;
    telemetry::EventRecord event{};
    event.time_ns = move.at_ns;
    event.kind = static_cast<std::uint16_t>(telemetry::EventKind::moved);
    event.worker = static_cast<std::uint16_t>(move.from);
    event.exit_cause = static_cast<std::uint32_t>(move.reason);
    event.exit_code = move.connections;
    const std::string to =
        std::to_string(move.to[0].first) + ':' + std::to_string(move.to[0].second);
    event.text_bytes = static_cast<std::uint16_t>(to.copy(event.text, sizeof event.text));
    history.add(picture, {}, {&event, 1});
  };
  const auto seen = [&history](std::uint64_t time_ns) {
    std::vector<std::uint32_t> from;
    for (const Flight& flight : flights_at(history, time_ns)) from.push_back(flight.move.from);
    return from;
  };
  using Workers = std::vector<std::uint32_t>;
  add(move(kNow, 3, {{1, 15}}));
  EXPECT_EQ(seen(kNow - 1), Workers{});
  EXPECT_EQ(seen(kNow + 500 * kMs), Workers{3});
  add(move(kNow + 1'000 * kMs, 1, {{3, 5}}, MoveReason::balance));  // waits
  EXPECT_EQ(seen(kNow + 500 * kMs), Workers{3});
  EXPECT_EQ(seen(kNow + 1'100 * kMs), Workers{3});
  EXPECT_EQ(seen(kNow + 1'999 * kMs), Workers{3});
  EXPECT_EQ(seen(kNow + 2'000 * kMs), Workers{1});
  EXPECT_EQ(seen(kNow + 3'999 * kMs), Workers{1});
  EXPECT_EQ(seen(kNow + 4'000 * kMs), Workers{});
  add(move(kNow + 9'000 * kMs, 2, {{4, 1}}));
  EXPECT_EQ(seen(kNow + 3'999 * kMs), Workers{1});
}

TEST(Way, LeadsFromTheLaneOfOneWorkerToThatOfTheOther) {
  WorkerSpots spots;
  for (std::uint32_t worker = 1; worker <= 4; ++worker) {
    const float y = 70 * static_cast<float>(worker);
    add_spot(spots, worker, {{0, y, 600, 66}, {200, y, 300, 40}});
  }
  const auto lies_in = [](const Rect& rect, ImVec2 place) {
    return place.x >= rect.x && place.x <= rect.right() && place.y >= rect.y &&
           place.y <= rect.bottom();
  };
  for (std::uint32_t from = 1; from <= 4; ++from) {
    for (std::uint32_t to = 1; to <= 4; ++to) {
      const Way way = way_between(spots, from, to);
      EXPECT_TRUE(lies_in(spots[from].lane, way.at(0))) << from << " to " << to;
      EXPECT_TRUE(lies_in(spots[to].lane, way.at(1))) << from << " to " << to;
    }
  }
}

// Of the worst there are full rows above the tiles.
TEST(WorkerSpots, AreWhereAWorkerIsDrawnFirst) {
  WorkerSpots spots;
  add_spot(spots, 7, {{0, 0, 600, 46}, {200, 0, 300, 46}});
  add_spot(spots, 7, {{50, 90, 40, 30}, {50, 90, 40, 30}});
  EXPECT_EQ(spots[7].lane.w, 300);
}

}  // namespace
}  // namespace forkscope::views
