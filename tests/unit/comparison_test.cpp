// The comparison of the ways to share a port, and its lesson, in a world that is made of plain
// values.
#include "comparison/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comparison/six_ways.h"
#include "comparison/table.h"

namespace forkscope::comparison {
namespace {

using lessons::Action;
using lessons::ActionKind;
using lessons::Actions;
using telemetry::BalancePolicy;
using telemetry::WorkerState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStep = 100'000'000;

/// A server that does what it is asked, and clients who see what a test says.
class World {
 public:
  World() {
    now.attachment = picture::Attachment::live;
    now.time_ns = 100 * kSecond;
    now.server.instance_id = 1;
    now.server.faults_enabled = true;
    now.server.balance = BalancePolicy::kernel;
    for (std::uint32_t number = 1; number <= 2; ++number) {
      telemetry::WorkerReport& worker = now.workers.emplace_back();
      worker.number = number;
      worker.pid = 1000 + number;
      worker.state = WorkerState::idle;
    }
  }

  lessons::Situation situation() {
    return {.now = now,
            .incidents = incidents,
            .load = load,
            .requests = {},
            .offer = {},
            .why_no_load = {},
            .cpu_ns = [this] { return cpu_ns; }};
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      switch (action.kind) {
        case ActionKind::balance:
          if (action.balance == refused) break;
          now.server.balance = action.balance;
          break;
        case ActionKind::start_load:
          load = {.running = true};
          shares.push_back(action.long_share);
          EXPECT_TRUE(action.fresh);
          break;
        case ActionKind::stop_load: load.running = false; break;
        case ActionKind::request: hang(); break;
        default: ADD_FAILURE() << "nothing else is asked for";
      }
    }
  }

  /// Time passes, and each request that is due is answered.
  void pass() {
    now.time_ns += kStep;
    cpu_ns = *cpu_ns + 20 * 150'000;  // 150 µs each
    if (!load.running) return;
    load.answered += 20;
    load.whole.by_worker = {0, load.answered * 3 / 4, load.answered / 4};
    load.whole.p50_ns = 400'000;
    load.whole.p99_ns = shares.back() > 0 ? 21'000'000 : 900'000;
    load.whole.longest_ns = longest();
    for (history::Incident& incident : incidents) {
      if (incident.back_ns == 0 && now.time_ns >= incident.first_exit_ns) {
        incident.back_ns = incident.exit_ns = now.time_ns;
        now.workers[0].state = WorkerState::idle;
      }
    }
  }

  void run(Comparison& comparison) {
    take(comparison.begin(situation()));
    for (int turns = 0; comparison.is_running() && turns < 5'000; ++turns) {
      pass();
      take(comparison.watch(situation()));
    }
  }

  picture::Snapshot now;
  std::vector<history::Incident> incidents;
  load::LoadStatus load;
  std::optional<std::uint64_t> cpu_ns = 0;
  std::vector<double> shares;
  BalancePolicy refused = BalancePolicy::unknown;
  bool too_busy = false;  ///< The machine, so everybody waits.

 private:
  bool starves() const {
    return too_busy || now.server.balance == BalancePolicy::hash ||
           now.server.balance == BalancePolicy::random;
  }
  std::uint64_t longest() const {
    const bool hung = !incidents.empty() && incidents.back().first_exit_ns > load_since();
    return hung && starves() ? 5 * kSecond : 22'000'000;
  }
  std::uint64_t load_since() const { return now.time_ns - load.answered / 20 * kStep; }

  void hang() {
    history::Incident& incident = incidents.emplace_back();
    incident.kind = history::IncidentKind::hang;
    incident.worker = 1;
    incident.known_ns = now.time_ns + 1;
    incident.stuck_since_ns = now.time_ns;
    incident.first_exit_ns = now.time_ns + 5 * kSecond;
    now.workers[0].state = WorkerState::hung;
  }
};

TEST(Comparison, MeasuresEachWayAndPutsBackTheOneThatWasThere) {
  World world;
  Comparison comparison;
  ASSERT_EQ(Comparison::obstacle(world.situation()), "");
  world.run(comparison);
  ASSERT_FALSE(comparison.is_running());
  EXPECT_EQ(world.now.server.balance, BalancePolicy::kernel);
  EXPECT_FALSE(world.load.running);
  ASSERT_THAT(comparison.rows(), SizeIs(6));
  for (const Row& row : comparison.rows()) {
    const bool own_queues =
        row.balance == BalancePolicy::hash || row.balance == BalancePolicy::random;
    EXPECT_EQ(starves(row), own_queues) << telemetry::to_string(row.balance);
    ASSERT_THAT(row.by_worker, SizeIs(2));
    EXPECT_NEAR(row.fairness(), 0.8, 0.01);
    EXPECT_EQ(row.even_p99_ns, 900'000U);
    EXPECT_EQ(row.uneven_p99_ns, 21'000'000U);
    EXPECT_EQ(row.cpu_ns, 150'000U);
  }
  EXPECT_THAT(std::vector(world.shares.begin(), world.shares.begin() + 3),
              ElementsAre(0, Comparison::kLongShare, Comparison::kLongShare));
}

TEST(Comparison, LeavesOutWhatTheServerDoesNotHave) {
  World world;
  world.refused = BalancePolicy::hash;
  Comparison comparison;
  world.run(comparison);
  ASSERT_THAT(comparison.rows(), SizeIs(5));
  for (const Row& row : comparison.rows()) EXPECT_NE(row.balance, BalancePolicy::hash);
}

TEST(Comparison, EndsInTheMiddleAndPutsBackTheWay) {
  World world;
  Comparison comparison;
  world.take(comparison.begin(world.situation()));
  for (int turns = 0; turns < 10; ++turns) {
    world.pass();
    world.take(comparison.watch(world.situation()));
  }
  EXPECT_EQ(comparison.progress(), "1 of 6, least: even load");
  EXPECT_EQ(world.now.server.balance, BalancePolicy::least);
  world.take(comparison.stop(world.situation()));
  EXPECT_EQ(world.now.server.balance, BalancePolicy::kernel);
  EXPECT_FALSE(world.load.running);
  EXPECT_TRUE(comparison.stop(world.situation()).empty());
}

TEST(Comparison, NeverPutsBackAtAnotherServer) {
  World world;
  Comparison comparison;
  world.take(comparison.begin(world.situation()));
  world.now.server.instance_id = 2;
  for (const Action& action : comparison.watch(world.situation())) {
    EXPECT_NE(action.kind, ActionKind::balance);
  }
  EXPECT_FALSE(comparison.is_running());
}

TEST(Comparison, SaysWhyAServerCannotBeAsked) {
  World world;
  world.now.server.balance = BalancePolicy::unknown;
  EXPECT_EQ(Comparison::obstacle(world.situation()),
            "This server knows one way to share its port.");
  world.now.server.balance = BalancePolicy::least;
  world.now.server.faults_enabled = false;
  EXPECT_THAT(Comparison::obstacle(world.situation()), HasSubstr("--faults on"));
}

TEST(ComparisonTable, HasARowForEachAndSharesThatAddUp) {
  World world;
  Comparison comparison;
  world.run(comparison);
  EXPECT_THAT(
      cells(comparison.rows().front()),
      ElementsAre("least", "75 25 %", "0.80", "400 µs", "900 µs", "21 ms", "22 ms", "0", "150 µs"));
  const std::string text = markdown("Title", comparison);
  EXPECT_THAT(text, HasSubstr("# Title\n\n| way | share of each worker | fair |"));
  EXPECT_THAT(text, HasSubstr("| hash | 75 25 % | 0.80 | 400 µs | 900 µs | 21 ms | 5.00 s |"));
}

TEST(ComparisonTable, SaysNothingOfWhatWasNotMeasured) {
  const Row row{.balance = BalancePolicy::kernel, .by_worker = {0, 0}};
  EXPECT_THAT(cells(row), ElementsAre("kernel", "–", "–", "–", "–", "–", "–", "0", "–"));
}

lessons::Answer answer_in(World& world) {
  Comparison comparison;
  const auto lesson = six_ways(comparison);
  EXPECT_EQ(lesson->obstacle(world.situation()), "");
  world.take(lesson->fire(world.situation()));
  Actions actions;
  for (int turns = 0; turns < 5'000 && !lesson->watch(world.situation(), actions); ++turns) {
    world.take(actions);
    actions.clear();
    world.pass();
  }
  return lesson->answer(world.situation());
}

TEST(SixWays, MeasuresWhichOfItsChoicesCameTrue) {
  World world;
  const lessons::Answer answer = answer_in(world);
  EXPECT_EQ(answer.right, 2U);
  EXPECT_THAT(answer.measured, HasSubstr("hash 5.00 s, random 5.00 s"));
}

TEST(SixWays, TicksNothingOnAMachineThatIsTooBusyToTell) {
  World world;
  world.too_busy = true;
  const lessons::Answer answer = answer_in(world);
  EXPECT_EQ(answer.right, std::nullopt);
  EXPECT_THAT(answer.because, HasSubstr("too busy"));
}

}  // namespace
}  // namespace forkscope::comparison
