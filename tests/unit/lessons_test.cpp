// The course and its lessons in a world that is made of plain values: no server, no window, no
// clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "lessons/all_lessons.h"
#include "lessons/course.h"

namespace forkscope::lessons {
namespace {

using telemetry::WorkerState;
using ::testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Workers that a test moves by hand.
class World {
 public:
  explicit World(std::uint32_t workers = 4) {
    now.attachment = picture::Attachment::live;
    now.time_ns = 100 * kSecond;
    now.server.kill_after_ns = 5 * kSecond;
    for (std::uint32_t number = 1; number <= workers; ++number) {
      telemetry::WorkerReport worker;
      worker.number = number;
      worker.pid = 1000 + number;
      worker.state = WorkerState::idle;
      now.workers.push_back(worker);
    }
  }

  Situation situation() const { return {now, incidents, load}; }
  void pass(std::uint64_t ns) { now.time_ns += ns; }
  void answer(std::size_t worker, std::uint64_t requests) {
    now.workers[worker - 1].requests += requests;
    now.totals.requests += requests;
  }
  void hang(std::size_t worker) {
    now.workers[worker - 1].state = WorkerState::hung;
    now.workers[worker - 1].in_flight = telemetry::InFlight{.path = "/v1/faults/hang"};
  }
  void revive(std::size_t worker) {
    now.workers[worker - 1].state = WorkerState::idle;
    now.workers[worker - 1].in_flight.reset();
  }
  /// A crash that is over after `pause_ns`.
  void crash(std::uint32_t worker, std::uint64_t pause_ns) {
    history::Incident incident;
    incident.kind = history::IncidentKind::crash;
    incident.worker = worker;
    incident.known_ns = now.time_ns;
    incident.first_exit_ns = now.time_ns;
    incident.exit_ns = now.time_ns;
    incident.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    incident.exit_code = 11;
    incident.abandoned = 1;
    incident.back_ns = now.time_ns + pause_ns;
    incidents.push_back(incident);
    pass(pause_ns);
  }

  picture::Snapshot now;
  std::vector<history::Incident> incidents;
  load::LoadStatus load;
};

/// Counts what is asked of it.
class Probe final : public Lesson {
 public:
  explicit Probe(bool* over) : over_(over) {}
  std::string title() const override { return "probe"; }
  std::string question(const picture::Snapshot&) const override { return "?"; }
  std::array<std::string, kChoices> choices(const picture::Snapshot&) const override { return {}; }
  Actions fire(const Situation&) override { return {{ActionKind::request, "/fire"}}; }
  bool watch(const Situation&, Actions&) override { return *over_; }
  std::string progress(const Situation&) const override { return "watching"; }
  Answer answer(const Situation&) const override { return {"measured", "because", 1}; }

 private:
  bool* over_;
};

class CourseTest : public ::testing::Test {
 protected:
  CourseTest() {
    std::vector<std::unique_ptr<Lesson>> lessons;
    lessons.push_back(std::make_unique<Probe>(&over_));
    lessons.push_back(std::make_unique<Probe>(&over_));
    course_ = std::make_unique<Course>(std::move(lessons));
  }
  Page page() const { return course_->page(world_.situation()); }
  Actions next() { return course_->next(world_.situation()); }
  Actions update() { return course_->update(world_.situation()); }

  World world_;
  bool over_ = false;
  std::unique_ptr<Course> course_;
};

TEST_F(CourseTest, LeadsThroughAllStepsWithOneKey) {
  EXPECT_FALSE(course_->open());
  EXPECT_TRUE(next().empty());
  EXPECT_TRUE(course_->open());
  EXPECT_EQ(page().step, Step::predict);

  const Actions fired = next();
  ASSERT_EQ(fired.size(), 1U);
  EXPECT_EQ(fired[0].target, "/fire");
  update();
  EXPECT_EQ(page().step, Step::watch);
  EXPECT_FALSE(page().can_go_on);
  EXPECT_TRUE(next().empty());
  EXPECT_EQ(page().step, Step::watch);

  over_ = true;
  const Actions ended = update();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, ActionKind::stop_load);
  EXPECT_EQ(page().step, Step::answer);
  EXPECT_EQ(page().answer->measured, "measured");

  next();
  update();
  EXPECT_EQ(page().step, Step::reset);
  next();
  EXPECT_EQ(page().step, Step::predict);
  EXPECT_EQ(page().number, 2U);
}

TEST_F(CourseTest, TakesAGuessInThePredictStepOnly) {
  next();
  course_->choose_neighbour(1);
  course_->choose_neighbour(1);
  EXPECT_EQ(page().chosen, 1U);
  course_->choose_neighbour(-1);
  course_->choose_neighbour(-1);
  EXPECT_EQ(page().chosen, 0U);
  course_->choose(7);
  EXPECT_EQ(page().chosen, 0U);
  next();
  course_->choose(2);
  EXPECT_EQ(page().chosen, 0U);
}

TEST_F(CourseTest, GivesUpMeasuringAfterAMinute) {
  next();
  next();
  update();
  world_.pass(61 * kSecond);
  update();
  EXPECT_EQ(page().step, Step::answer);
}

TEST_F(CourseTest, WaitsInTheResetUntilAllServeAndTakesAwayWhatHangs) {
  over_ = true;
  next();
  next();
  update();
  update();
  world_.hang(3);
  next();
  EXPECT_TRUE(update().empty());
  EXPECT_FALSE(page().can_go_on);
  next();
  EXPECT_EQ(page().step, Step::reset);
  world_.pass(2 * kSecond);
  const Actions actions = update();
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, ActionKind::kill);
  EXPECT_EQ(actions[0].worker, 3U);
  world_.revive(3);
  update();
  EXPECT_TRUE(page().can_go_on);
}

TEST_F(CourseTest, StaysClosedWithoutAServer) {
  world_.now.attachment = picture::Attachment::lost;
  next();
  EXPECT_FALSE(course_->open());
}

TEST_F(CourseTest, StopsTheLoadWhenItIsLeftInTheMiddle) {
  next();
  next();
  const Actions actions = course_->leave(world_.situation());
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, ActionKind::stop_load);
  EXPECT_FALSE(course_->open());
}

/// A lesson that was fired in a world of its own.
class FiredLesson {
 public:
  explicit FiredLesson(std::unique_ptr<Lesson> lesson, std::uint32_t workers = 4)
      : world(workers), fired(lesson->fire(world.situation())), lesson_(std::move(lesson)) {}
  bool watch() { return lesson_->watch(world.situation(), actions); }
  std::string progress() const { return lesson_->progress(world.situation()); }
  Answer answer() const { return lesson_->answer(world.situation()); }

  World world;
  Actions fired;    ///< What it asked for to begin with,
  Actions actions;  ///< … and since.

 private:
  std::unique_ptr<Lesson> lesson_;
};

TEST(ManyWorkers, SendsOneBehindTheOtherAndMeasuresHowLongTheLastOneTook) {
  for (const std::uint64_t seconds : {1, 4}) {
    FiredLesson run(many_workers());
    World& world = run.world;
    EXPECT_FALSE(run.watch());
    EXPECT_TRUE(run.actions.empty());
    world.pass(kSecond);
    for (std::size_t worker = 1; worker <= 4; ++worker) {
      EXPECT_FALSE(run.watch());
      ASSERT_EQ(run.actions.size(), worker);
      run.watch();  // nobody has taken it yet
      ASSERT_EQ(run.actions.size(), worker);
      world.now.workers[worker - 1].in_flight = telemetry::InFlight{.path = "/v1/faults/slow"};
    }
    world.pass(seconds * kSecond);
    for (std::size_t worker = 1; worker <= 4; ++worker) {
      EXPECT_FALSE(run.watch());
      world.revive(worker);
      world.answer(worker, 1);
    }
    EXPECT_TRUE(run.watch());
    EXPECT_EQ(run.answer().right, seconds == 1 ? 0U : 1U);
  }
}

TEST(FairnessLesson, TellsOneSidedFromEven) {
  FiredLesson run(who_answers());
  World& world = run.world;
  EXPECT_EQ(run.fired[0].connections, 64U);
  world.pass(5 * kSecond);
  EXPECT_TRUE(run.watch());
  world.answer(1, 1000);
  EXPECT_EQ(run.answer().right, 0U);
  world.answer(2, 900);
  world.answer(3, 950);
  world.answer(4, 980);
  EXPECT_EQ(run.answer().right, 1U);
  EXPECT_THAT(run.answer().measured, HasSubstr("1,000"));
}

TEST(FairnessLesson, CountsWhatAWorkerThatComesMeanwhileAnswersFromThenOn) {
  FiredLesson run(who_answers());
  World& world = run.world;
  telemetry::WorkerReport fifth = world.now.workers.front();
  fifth.number = 5;
  fifth.requests = 1'000'000;  // of its number, before it was taken out of the list
  world.now.workers.push_back(fifth);
  EXPECT_FALSE(run.watch());
  for (std::size_t worker = 1; worker <= 5; ++worker) world.answer(worker, 1'000);
  world.pass(5 * kSecond);
  EXPECT_TRUE(run.watch());
  EXPECT_THAT(run.answer().measured, HasSubstr("busiest worker answered 1,000, "));
}

TEST(OneHangs, CountsAsPeopleDo) {
  const auto guess = [](std::uint32_t workers) {
    return one_hangs()->choices(World(workers).now)[2];
  };
  EXPECT_EQ(guess(1), "Every request fails from now on");
  EXPECT_EQ(guess(2), "Every 2nd request fails from now on");
  EXPECT_EQ(guess(3), "Every 3rd request fails from now on");
  EXPECT_EQ(guess(4), "Every 4th request fails from now on");
}

TEST(OneHangs, TellsWhatTheOthersServedMeanwhile) {
  FiredLesson run(one_hangs());
  World& world = run.world;
  EXPECT_FALSE(run.watch());
  EXPECT_TRUE(run.actions.empty());
  world.pass(2 * kSecond);
  run.watch();
  ASSERT_EQ(run.actions.size(), 1U);

  history::Incident hang;
  hang.worker = 3;
  hang.stuck_since_ns = world.now.time_ns;
  hang.declared_ns = hang.stuck_since_ns + 2 * kSecond;
  hang.exit_ns = hang.stuck_since_ns + 5 * kSecond;
  hang.abandoned = 1;
  hang.served_at_start = 100;
  world.incidents.push_back(hang);
  world.pass(5 * kSecond);
  EXPECT_FALSE(run.watch());
  world.incidents[0].back_ns = hang.exit_ns + 38'000'000;
  world.incidents[0].served_at_end = 12'345;
  EXPECT_TRUE(run.watch());
  const Answer answer = run.answer();
  EXPECT_EQ(answer.right, 1U);
  EXPECT_THAT(answer.measured, HasSubstr("1 request lost, 12,245 served"));
}

TEST(OneCrashes, TellsWhatWasLost) {
  FiredLesson run(one_crashes());
  World& world = run.world;
  world.pass(2 * kSecond);
  run.watch();
  ASSERT_EQ(run.actions.size(), 1U);
  world.crash(2, 3'000'000);
  world.load.failed = 4;
  EXPECT_FALSE(run.watch());
  world.pass(2 * kSecond);
  EXPECT_TRUE(run.watch());
  const Answer answer = run.answer();
  EXPECT_EQ(answer.right, 1U);
  EXPECT_THAT(answer.measured, HasSubstr("Worker 2 died of SIGSEGV"));
  EXPECT_THAT(answer.measured, HasSubstr("the load's requests, 4 failed"));
}

TEST(AllHang, HangsOneAfterTheOtherAndMeasuresTheSilence) {
  FiredLesson run(all_hang());
  World& world = run.world;
  world.pass(kSecond);
  for (std::size_t worker = 1; worker <= 4; ++worker) {
    run.watch();
    ASSERT_EQ(run.actions.size(), worker);
    run.watch();  // not seen yet: none is sent on top of it
    ASSERT_EQ(run.actions.size(), worker);
    world.hang(worker);
  }
  run.watch();
  EXPECT_EQ(run.actions.size(), 4U);
  // Long before anybody is declared hung, they look busy: that is not yet an answer.
  for (auto& worker : world.now.workers) worker.state = WorkerState::busy;
  world.pass(2 * kSecond);
  EXPECT_FALSE(run.watch());
  for (std::size_t worker = 1; worker <= 4; ++worker) world.hang(worker);
  world.load.waiting = 900;
  world.pass(3 * kSecond);
  run.watch();
  for (std::size_t worker = 1; worker <= 4; ++worker) world.revive(worker);
  world.answer(1, 900);
  EXPECT_FALSE(run.watch());
  world.pass(2 * kSecond);
  EXPECT_TRUE(run.watch());
  const Answer answer = run.answer();
  EXPECT_EQ(answer.right, 1U);
  EXPECT_THAT(answer.measured, HasSubstr("For 5.0 s nobody was answered"));
  EXPECT_THAT(answer.measured, HasSubstr("900 requests"));
}

TEST(AllHang, SpeaksOfOneAsOfOne) {
  EXPECT_THAT(all_hang()->question(World(1).now), HasSubstr("Now 1 request will hang the only "
                                                            "worker."));
  EXPECT_THAT(all_hang()->question(World(4).now), HasSubstr("Now 4 requests will hang all 4 "
                                                            "workers."));
  FiredLesson alone(all_hang(), 1);
  alone.world.hang(1);
  alone.world.load.waiting = 1;
  EXPECT_EQ(alone.progress(), "1 of 1 worker hangs; 1 request waits.");
  FiredLesson among(all_hang());
  EXPECT_EQ(among.progress(), "0 of 4 workers hang; 0 requests wait.");
}

TEST(CrashLoop, TellsHowThePausesGrow) {
  FiredLesson run(crash_loop());
  World& world = run.world;
  for (const std::uint64_t pause_ms : {3, 3, 3, 103, 203, 403}) {
    EXPECT_FALSE(run.watch());
    world.crash(1, pause_ms * 1'000'000);
  }
  EXPECT_EQ(run.actions.size(), 6U);
  EXPECT_TRUE(run.watch());
  const Answer answer = run.answer();
  EXPECT_EQ(answer.right, 1U);
  EXPECT_THAT(answer.measured, HasSubstr("3.0 ms, 3.0 ms, 3.0 ms, 103 ms, 203 ms, 403 ms"));
}

TEST(CrashLoop, TellsOfTheWorkerThatCrashesNotOfAnother) {
  FiredLesson run(crash_loop());
  World& world = run.world;
  world.crash(2, 7'000'000);
  for (const std::uint64_t pause_ms : {3, 3, 3, 103, 203, 403}) {
    EXPECT_FALSE(run.watch());
    world.crash(1, pause_ms * 1'000'000);
  }
  EXPECT_TRUE(run.watch());
  EXPECT_EQ(run.answer().measured,
            "Worker 1 was back after 3.0 ms, 3.0 ms, 3.0 ms, 103 ms, 203 ms, 403 ms.");
}

}  // namespace
}  // namespace forkscope::lessons
