// The fan's dots: where each one is when. Of a broadcast one goes in, and then all come out.
#include "views/fan_dots.h"

#include <gtest/gtest.h>

#include <vector>

namespace forkscope::views {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kNow = 7'000'000 * kMs;

picture::Answer answer(std::uint32_t worker, std::uint64_t end_ns, std::uint8_t heard_from = 0) {
  picture::Answer answer;
  answer.worker = worker;
  answer.end_ns = end_ns;
  answer.heard_from = heard_from;
  answer.status = 200;
  return answer;
}

std::vector<telemetry::WorkerReport> workers(const std::vector<std::uint32_t>& numbers) {
  std::vector<telemetry::WorkerReport> workers;
  for (const std::uint32_t number : numbers) workers.emplace_back().number = number;
  return workers;
}

/// A client has said something at worker 2, which two others have handed on within a millisecond.
std::vector<FanDot> broadcast(std::uint64_t after_ns,
                              const std::vector<std::uint32_t>& numbers = {1, 2, 3, 4}) {
  const std::vector<picture::Answer> answers{answer(2, kNow), answer(1, kNow + kMs, 2),
                                             answer(4, kNow + kMs, 2)};
  return fan_dots(answers, workers(numbers), kNow + after_ns);
}

TEST(FanDot, FliesFromThePortToTheWorkerThatAnswered) {
  const std::vector<picture::Answer> one{answer(3, kNow)};
  const auto at = [&](std::uint64_t time_ns) { return fan_dots(one, workers({1, 3}), time_ns); };
  EXPECT_TRUE(at(kNow - 1).empty());
  ASSERT_EQ(at(kNow).size(), 1U);
  EXPECT_EQ(at(kNow)[0].to, 1U);
  EXPECT_FALSE(at(kNow)[0].heard || at(kNow)[0].from || at(kNow)[0].failed);
  EXPECT_EQ(at(kNow)[0].way, 0);
  EXPECT_FLOAT_EQ(at(kNow + kDotNs / 4)[0].way, 0.25F);
  EXPECT_TRUE(at(kNow + kDotNs).empty());
  EXPECT_TRUE(fan_dots(one, workers({1, 2}), kNow).empty()) << "nobody shows that worker";
}

TEST(FanDot, OfABroadcastOneGoesInAndThenAllComeOut) {
  for (const std::uint64_t after : {0 * kMs, 400 * kMs, 799 * kMs}) {
    const auto dots = broadcast(after);
    ASSERT_EQ(dots.size(), 1U) << after;
    EXPECT_EQ(dots[0].to, 1U);
    EXPECT_FALSE(dots[0].heard);
  }
  EXPECT_TRUE(broadcast(kDotNs).empty()) << "it has arrived";
  for (const std::uint64_t flown : {0 * kMs, 400 * kMs, 799 * kMs}) {
    const auto dots = broadcast(kMs + kDotNs + flown);
    ASSERT_EQ(dots.size(), 2U) << flown;
    EXPECT_EQ(dots[0].to, 0U);
    EXPECT_EQ(dots[1].to, 3U);
    for (const FanDot& dot : dots) {
      EXPECT_TRUE(dot.heard);
      EXPECT_EQ(dot.from, 1U);
      EXPECT_FLOAT_EQ(dot.way, static_cast<float>(flown) / static_cast<float>(kDotNs));
    }
  }
  EXPECT_TRUE(broadcast(kMs + 2 * kDotNs).empty());
}

TEST(FanDot, IsAtItsEndWhereNobodyShowsWhoHasSaidIt) {
  const auto dots = broadcast(kMs + kDotNs, {1, 4});
  ASSERT_EQ(dots.size(), 2U);
  for (const FanDot& dot : dots) {
    EXPECT_TRUE(dot.heard);
    EXPECT_FALSE(dot.from);
    EXPECT_EQ(dot.way, 1);
  }
}

TEST(FanDot, SaysThatARequestHasFailed) {
  std::vector<picture::Answer> one{answer(1, kNow)};
  one[0].status = 500;
  EXPECT_TRUE(fan_dots(one, workers({1}), kNow).at(0).failed);
}

TEST(Arc, RisesFromBarToBarAndStaysBelowThePort) {
  const ImVec2 left{100, 200};
  const auto top = [&](float x) {
    const Way arc = arc_between(left, {x, 200}, /*ceiling=*/100, /*width=*/300);
    EXPECT_EQ(arc.at(0).x, left.x);
    EXPECT_EQ(arc.at(0).y, left.y);
    EXPECT_EQ(arc.at(1).x, x);
    EXPECT_EQ(arc.at(1).y, 200);
    EXPECT_FLOAT_EQ(arc.at(0.5F).x, (left.x + x) / 2);
    for (const float t : {0.1F, 0.3F, 0.7F, 0.9F}) {
      EXPECT_GE(arc.at(t).y, arc.at(0.5F).y);
      EXPECT_LE(arc.at(t).y, 200);
    }
    return arc.at(0.5F).y;
  };
  EXPECT_LT(top(200), 170) << "not along the bars";
  EXPECT_LT(top(400), top(300)) << "those that go farther over those that do not";
  EXPECT_LT(top(300), top(200));
  EXPECT_EQ(top(200), top(0)) << "either way";
  EXPECT_GT(top(400), 105);
  EXPECT_EQ(arc_between(left, left, 100, 0).at(1).x, left.x) << "of a single worker";
}

}  // namespace
}  // namespace forkscope::views
