// The course and its lessons in a world that is made of plain values: no server, no window, no
// clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "lessons/all_lessons.h"
#include "lessons/course.h"

namespace forkscope::lessons {
namespace {

using history::IncidentKind;
using telemetry::Protection;
using telemetry::WorkerState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Workers that a test moves by hand.
class World {
 public:
  explicit World(std::uint32_t workers = 4) {
    now.attachment = picture::Attachment::live;
    now.time_ns = 100 * kSecond;
    now.server.kill_after_ns = 5 * kSecond;
    now.server.instance_id = 1;
    now.server.faults_enabled = true;
    now.server.protection = Protection::on;
    for (std::uint32_t number = 1; number <= workers; ++number) {
      telemetry::WorkerReport worker;
      worker.number = number;
      worker.pid = 1000 + number;
      worker.state = WorkerState::idle;
      now.workers.push_back(worker);
    }
  }

  Situation situation() const { return {now, incidents, load, requests, offer, why_no_load}; }
  void pass(std::uint64_t ns) { now.time_ns += ns; }
  void answer(std::size_t worker, std::uint64_t count) {
    now.workers[worker - 1].requests += count;
    now.totals.requests += count;
  }
  void hang(std::size_t worker) {
    now.workers[worker - 1].state = WorkerState::hung;
    now.workers[worker - 1].stuck_since_ns = now.time_ns;
    now.workers[worker - 1].in_flight = telemetry::InFlight{.path = "/v1/faults/hang"};
  }
  void revive(std::size_t worker) {
    now.workers[worker - 1].state = WorkerState::idle;
    now.workers[worker - 1].in_flight.reset();
  }
  /// Does what a lesson wants done, but for the harm.
  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (action.kind == ActionKind::start_load) load = {.running = true};
      if (action.kind == ActionKind::stop_load) load.running = false;
      if (action.kind != ActionKind::protect) continue;
      now.server.protection = action.on ? Protection::on : Protection::off;
    }
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
  Requests requests;
  picture::Offer offer;
  std::string why_no_load;
};

/// Counts what is asked of it.
class Probe final : public Lesson {
 public:
  explicit Probe(bool* over) : over_(over) {}
  std::string title() const override { return "probe"; }
  std::string question(const picture::Snapshot&) const override { return "?"; }
  Choices choices(const picture::Snapshot&) const override { return {"a", "b", "c", "d"}; }
  Actions fire(const Situation&) override { return {{ActionKind::request, "/fire"}}; }
  Actions put_back(const Situation&) override { return {protect(true)}; }
  bool watch(const Situation&, Actions&) override { return *over_; }
  std::string progress(const Situation&) const override { return "watching"; }
  Answer answer(const Situation&) const override { return {"measured", "because", 1}; }

 private:
  bool* over_;
};

std::vector<ActionKind> kinds(const Actions& actions) {
  std::vector<ActionKind> kinds;
  for (const Action& action : actions) kinds.push_back(action.kind);
  return kinds;
}

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
  EXPECT_THAT(kinds(update()), ElementsAre(ActionKind::protect, ActionKind::stop_load));
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
  course_->choose(3);
  EXPECT_EQ(page().chosen, 3U);
  course_->choose_neighbour(1);
  course_->choose(4);
  EXPECT_EQ(page().chosen, 3U);
  course_->choose(0);
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
  world_.pass(kSecond);
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

TEST_F(CourseTest, LeavesAloneWhatSomebodyHangsWhileTheAnswerIsTalkedAbout) {
  over_ = true;
  next();
  next();
  update();
  update();
  next();
  world_.pass(kSecond);
  world_.hang(3);
  for (int i = 0; i < 10; ++i) {
    world_.pass(2 * kSecond);
    EXPECT_THAT(update(), IsEmpty());
  }
  EXPECT_FALSE(page().can_go_on);
}

TEST_F(CourseTest, ComesBackBehindTheAnswerThatHadBeenGiven) {
  over_ = true;
  next();
  next();
  update();
  update();
  course_->leave(world_.situation());
  next();
  update();
  EXPECT_EQ(page().step, Step::reset);
  EXPECT_EQ(page().answer->measured, "measured");
  next();
  EXPECT_EQ(page().step, Step::predict);
  EXPECT_EQ(page().number, 2U);
}

TEST_F(CourseTest, ComesBackToTheQuestionWhereNothingHadBeenMeasured) {
  next();
  next();
  update();
  course_->leave(world_.situation());
  next();
  EXPECT_EQ(page().step, Step::predict);
  EXPECT_EQ(page().number, 1U);
}

TEST_F(CourseTest, StaysClosedWithoutAServer) {
  world_.now.attachment = picture::Attachment::lost;
  next();
  EXPECT_FALSE(course_->open());
}

TEST_F(CourseTest, PutsEverythingBackWhenItIsLeftInTheMiddle) {
  next();
  next();
  const Actions actions = course_->leave(world_.situation());
  EXPECT_THAT(kinds(actions), ElementsAre(ActionKind::protect, ActionKind::stop_load));
  EXPECT_FALSE(course_->open());
}

TEST_F(CourseTest, HasNothingToPutBackBeforeItWasFired) {
  next();
  EXPECT_THAT(course_->leave(world_.situation()), IsEmpty());
}

TEST_F(CourseTest, TellsTheStatusWhereItsRequestWasRefused) {
  world_.requests = {.refused = 1, .latest_refusal = "of somebody before"};
  next();
  next();
  update();
  update();
  EXPECT_EQ(page().step, Step::watch);
  world_.requests = {.refused = 2, .latest_refusal = "GET /fire was answered with status 404."};
  EXPECT_THAT(kinds(update()), ElementsAre(ActionKind::protect, ActionKind::stop_load));
  ASSERT_EQ(page().step, Step::answer);
  EXPECT_EQ(page().answer->measured, "GET /fire was answered with status 404.");
  EXPECT_THAT(page().answer->because, HasSubstr("nothing was measured"));
  EXPECT_FALSE(page().answer->is_measured);
  EXPECT_EQ(page().answer->right, std::nullopt);
}

TEST_F(CourseTest, TellsTheStatusWhereTheLoadWasAnsweredWithNothingElse) {
  next();
  next();
  update();
  world_.load = {.running = true, .answered = 21, .failed = 20, .failed_status = 404};
  update();
  EXPECT_EQ(page().step, Step::watch);  // somebody was answered
  world_.load.failed = 21;
  update();
  ASSERT_EQ(page().step, Step::answer);
  EXPECT_EQ(page().answer->measured, "Of 21 answers to the load none was a success: status 404.");
  EXPECT_EQ(page().answer->right, std::nullopt);
}

TEST_F(CourseTest, PassesOverALessonThatTheServerLacksSomethingFor) {
  const auto passes_over = [this](const std::string& why) {
    const std::size_t number = page().number;
    update();
    EXPECT_THAT(page().question, HasSubstr(why));
    EXPECT_THAT(page().choices, IsEmpty());
    course_->choose_neighbour(1);
    EXPECT_EQ(page().chosen, std::nullopt);
    EXPECT_EQ(page().next, number == 1 ? "next lesson" : "the first lesson again");
    EXPECT_THAT(next(), IsEmpty());
    EXPECT_EQ(page().step, Step::predict);
    EXPECT_NE(page().number, number);
  };
  next();
  world_.offer.faults = picture::Has::no;
  passes_over("This lesson asks for /v1/faults, and this server has none of it");
  world_.offer.faults = picture::Has::yes;
  world_.now.server.faults_enabled = false;
  passes_over("start the server with --faults on");
  world_.now.server.faults_enabled = true;
  world_.why_no_load = "There is nothing to ask for.";
  passes_over("There is nothing to ask for.");
  world_.why_no_load.clear();
  update();
  EXPECT_EQ(page().question, "?");
  EXPECT_EQ(kinds(next()), std::vector{ActionKind::request});
}

TEST(Lessons, NeedWhatTheyAskFor) {
  EXPECT_FALSE(many_workers()->needs_load());
  EXPECT_FALSE(who_answers()->needs_faults());
  for (const auto& lesson : {one_hangs, one_crashes, all_hang, crash_loop}) {
    EXPECT_TRUE(lesson()->needs_faults());
    EXPECT_TRUE(lesson()->needs_load());
  }
}

TEST(Lessons, TickNothingWhereNothingHasHappened) {
  for (const auto& lesson :
       {many_workers, who_answers, one_hangs, one_crashes, all_hang, crash_loop}) {
    World world;
    const auto one = lesson();
    one->fire(world.situation());
    Actions actions;
    one->watch(world.situation(), actions);
    world.pass(61 * kSecond);
    one->watch(world.situation(), actions);
    EXPECT_EQ(one->answer(world.situation()).right, std::nullopt) << one->title();
  }
}

/// A lesson that was fired in a world of its own.
class FiredLesson {
 public:
  explicit FiredLesson(std::unique_ptr<Lesson> lesson, World in = World())
      : world(std::move(in)), fired(lesson->fire(world.situation())), lesson_(std::move(lesson)) {}
  bool watch() { return lesson_->watch(world.situation(), actions); }
  std::string progress() const { return lesson_->progress(world.situation()); }
  Answer answer() const { return lesson_->answer(world.situation()); }
  Actions put_back() { return lesson_->put_back(world.situation()); }

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
      world.answer(worker, 10);  // others ask for something, too
      ++world.requests.answered;
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

TEST(FairnessLesson, TellsHowManyConnectionsEachHasWhileTheyAreOpen) {
  FiredLesson run(who_answers());
  World& world = run.world;
  for (auto& worker : world.now.workers) worker.connections = 16;
  run.watch();
  EXPECT_THAT(run.progress(), StartsWith("Each worker has 16 connections. "));
  world.now.workers[0].connections = 15;
  world.now.workers[3].connections = 18;
  run.watch();
  for (auto& worker : world.now.workers) worker.connections = 0;  // the load has stopped
  world.answer(1, 1000);
  EXPECT_THAT(run.answer().measured, StartsWith("The workers have 15 to 18 connections each. "));
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

/// Lesson 3 or 4 with a server that does what it is told.
class BothWaysRun {
 public:
  /// What a round does to the 64 clients, and to a 65th.
  struct Outcome {
    std::uint64_t broken = 0;  ///< Connections that ended with a request outstanding,
    std::uint64_t ended = 0;   ///< … and at rest.
    std::uint32_t moved = 0;
    std::uint32_t abandoned = 1;  ///< Requests, as the server counts.
  };

  BothWaysRun(std::unique_ptr<Lesson> lesson, IncidentKind kind, World world = World())
      : run(std::move(lesson), std::move(world)), kind_(kind) {
    run.world.take(run.fired);
  }

  /// Up to the moment at which the harm is requested.
  void warm_up() {
    World& world = run.world;
    watch();
    EXPECT_THAT(done, IsEmpty());
    world.pass(2 * kSecond);
    world.load.answered += 63;
    watch();
    EXPECT_THAT(done, IsEmpty());  // somebody has not been answered
    world.load.answered += 1;
    watch();
    EXPECT_THAT(kinds(done), ElementsAre(ActionKind::request));
  }
  /// All of it. True: it was the last.
  bool play(const Outcome& outcome) {
    warm_up();
    World& world = run.world;
    history::Incident incident;
    incident.kind = kind_;
    incident.worker = 3;
    incident.known_ns = world.now.time_ns;
    incident.stuck_since_ns = kind_ == IncidentKind::hang ? incident.known_ns : 0;
    world.incidents.push_back(incident);
    world.pass(5 * kSecond);
    world.load.oldest_wait_ns = 2 * kSecond + 100'000'000;
    EXPECT_FALSE(watch());
    history::Incident& over = world.incidents.back();
    over.exit_ns = world.now.time_ns;
    over.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    over.exit_code = 11;
    over.abandoned = outcome.abandoned;
    over.back_ns = over.exit_ns + 3'000'000;
    world.pass(3'000'000);
    EXPECT_FALSE(watch());
    over.moved = outcome.moved;  // it may be told later
    world.load.oldest_wait_ns = 0;
    world.load.broken += outcome.broken;
    world.load.ended += outcome.ended;
    world.pass(kSecond);
    return watch();
  }
  bool watch() {
    run.actions.clear();
    const bool over = run.watch();
    done = run.actions;
    run.world.take(done);
    return over;
  }

  FiredLesson run;
  Actions done;  ///< What it asked for last.

 private:
  IncidentKind kind_;
};

World unprotected(Protection protection) {
  World world;
  world.now.server.protection = protection;
  return world;
}

TEST(BothWays, HasSixtyFourClientsWithProtectionAndThenWithout) {
  BothWaysRun both(one_hangs(), IncidentKind::hang);
  ASSERT_THAT(kinds(both.run.fired), ElementsAre(ActionKind::protect, ActionKind::start_load));
  EXPECT_TRUE(both.run.fired[0].on);
  EXPECT_EQ(both.run.fired[1].connections, 64U);
  EXPECT_FALSE(both.play({.moved = 16}));
  ASSERT_THAT(kinds(both.done), ElementsAre(ActionKind::protect)) << "the same clients go on";
  EXPECT_FALSE(both.done[0].on);
  EXPECT_TRUE(both.play({.broken = 15, .abandoned = 16}));
  const Actions back = both.run.put_back();
  ASSERT_THAT(kinds(back), ElementsAre(ActionKind::protect));
  EXPECT_TRUE(back[0].on);
  EXPECT_THAT(both.run.put_back(), IsEmpty());
}

TEST(BothWays, PutsBackAProtectionThatWasOff) {
  BothWaysRun both(one_hangs(), IncidentKind::hang, unprotected(Protection::off));
  ASSERT_THAT(kinds(both.run.fired), ElementsAre(ActionKind::protect, ActionKind::start_load));
  EXPECT_TRUE(both.run.fired[0].on);
  both.warm_up();
  const Actions back = both.run.put_back();  // it is left early
  ASSERT_THAT(kinds(back), ElementsAre(ActionKind::protect));
  EXPECT_FALSE(back[0].on);
}

TEST(BothWays, KnowsWhatProtectionWasWhenItIsBegunAnewBeforeThePictureTells) {
  const auto lesson = one_hangs();
  World world = unprotected(Protection::off);
  world.take(lesson->fire(world.situation()));
  lesson->put_back(world.situation());  // and the picture still says "on"
  world.take(lesson->fire(world.situation()));
  const Actions back = lesson->put_back(world.situation());
  ASSERT_THAT(kinds(back), ElementsAre(ActionKind::protect));
  EXPECT_FALSE(back[0].on);
}

TEST(BothWays, LeavesTheProtectionOfAnotherServerAlone) {
  BothWaysRun both(one_hangs(), IncidentKind::hang, unprotected(Protection::off));
  both.run.world.now.server.instance_id = 2;
  EXPECT_THAT(both.run.put_back(), IsEmpty());
}

TEST(BothWays, LeavesOutTheWayThatTheServerDoesNotSwitchTo) {
  BothWaysRun both(one_hangs(), IncidentKind::hang);
  EXPECT_FALSE(both.play({.moved = 16}));
  both.run.world.now.server.protection = Protection::on;  // it would not
  both.run.world.load.answered = 64;
  EXPECT_FALSE(both.watch());
  both.run.world.pass(4 * kSecond);
  EXPECT_TRUE(both.watch());
  EXPECT_THAT(both.done, IsEmpty());
  EXPECT_EQ(both.run.answer().right, 0U);
  EXPECT_THAT(both.run.answer().measured, HasSubstr(" Off: not measured."));

  BothWaysRun never(one_hangs(), IncidentKind::hang, unprotected(Protection::off));
  never.run.world.now.server.protection = Protection::off;
  never.run.world.pass(4 * kSecond);
  EXPECT_FALSE(never.watch());
  EXPECT_TRUE(never.play({.broken = 16}));
  EXPECT_EQ(never.run.answer().right, std::nullopt);  // the question was about the other way
  EXPECT_THAT(never.run.answer().measured,
              HasSubstr("Protection on: not measured. Off: 16 of 64 clients lost"));
}

TEST(BothWays, MeasuresAServerThatDoesNotTellAsItIs) {
  BothWaysRun both(one_crashes(), IncidentKind::crash, unprotected(Protection::unknown));
  EXPECT_THAT(kinds(both.run.fired), ElementsAre(ActionKind::start_load));
  EXPECT_THAT(both.run.progress(), Not(HasSubstr("protection")));
  EXPECT_TRUE(both.play({.broken = 3, .ended = 13}));
  EXPECT_THAT(both.run.put_back(), IsEmpty());
  EXPECT_EQ(both.run.answer().right, 2U);
  EXPECT_THAT(both.run.answer().measured,
              HasSubstr("This server knows no protection: 16 of 64 clients lost their connection, "
                        "3 while they waited. "));
  EXPECT_EQ(both.run.answer().because,
            "Memory is not shared. A connection ends with the process that holds it.");
  const World world = unprotected(Protection::unknown);
  EXPECT_THAT(one_crashes()->question(world.now), HasSubstr("This server knows no protection. "));
}

TEST(BothWays, OffersAsManyAsThereCanBe) {
  const auto offered = [](std::uint32_t workers) {
    return one_hangs()->choices(World(workers).now);
  };
  EXPECT_THAT(offered(1), ElementsAre("None", "One", "All 64"));
  EXPECT_THAT(offered(4), ElementsAre("None", "One", "About 16: those of its worker", "All 64"));
  EXPECT_THAT(offered(16), ElementsAre("None", "One", "About 4: those of its worker", "All 64"));
  EXPECT_THAT(offered(100), ElementsAre("None", "One", "All 64"));
}

TEST(BothWays, TicksWhatWasMeasured) {
  const auto ticked = [](std::uint32_t workers, std::uint64_t lost) {
    BothWaysRun both(one_crashes(), IncidentKind::crash, World(workers));
    both.play({.broken = lost});
    return both.run.answer().right;
  };
  EXPECT_EQ(ticked(4, 0), 0U);
  EXPECT_EQ(ticked(4, 1), 1U);
  EXPECT_EQ(ticked(4, 2), std::nullopt);
  EXPECT_EQ(ticked(4, 15), 2U);
  EXPECT_EQ(ticked(4, 19), 2U);
  EXPECT_EQ(ticked(4, 50), std::nullopt);
  EXPECT_EQ(ticked(4, 64), 3U);
  EXPECT_EQ(ticked(1, 64), 2U);
  EXPECT_EQ(ticked(1, 30), std::nullopt);
}

TEST(BothWays, WaitsForTheWorkerAndCountsNobodyElsesIncident) {
  BothWaysRun both(one_hangs(), IncidentKind::hang);
  both.run.world.crash(1, 3'000'000);
  both.warm_up();
  EXPECT_EQ(both.run.progress(),
            "1 of 2, protection on: somebody else has sent it. 0 of 64 clients lost their "
            "connection.");
  both.run.world.crash(1, 3'000'000);
  both.run.world.pass(5 * kSecond);
  EXPECT_FALSE(both.watch());
  both.run.world.pass(5 * kSecond);
  EXPECT_FALSE(both.watch());
  EXPECT_EQ(both.run.answer().measured, "No worker hung within a minute.");
  EXPECT_EQ(both.run.answer().right, std::nullopt);
}

TEST(OneHangs, TellsWhoNoticedWithAndWithoutProtection) {
  BothWaysRun both(one_hangs(), IncidentKind::hang);
  EXPECT_FALSE(both.play({.moved = 16}));
  EXPECT_TRUE(both.play({.broken = 15, .abandoned = 16}));
  const Answer answer = both.run.answer();
  EXPECT_EQ(answer.right, 0U);
  EXPECT_EQ(answer.measured,
            "Protection on: 0 of 64 clients lost their connection, the longest wait was 2.10 s. "
            "Off: 15 of 64, 2.10 s. The server counts 1 and 16 requests lost.");
  EXPECT_EQ(answer.because,
            "Its 16 other connections went on elsewhere: a second process has them open, too. "
            "Without it they end.");
}

TEST(OneCrashes, TellsWhatWasLostWithAndWithoutProtection) {
  BothWaysRun both(one_crashes(), IncidentKind::crash);
  EXPECT_FALSE(both.play({.broken = 1, .moved = 15, .abandoned = 2}));
  EXPECT_TRUE(both.play({.broken = 2, .ended = 14, .abandoned = 3}));
  const Answer answer = both.run.answer();
  EXPECT_EQ(answer.right, 1U);
  EXPECT_EQ(answer.measured,
            "Worker 3 was back after 3.0 ms. Protection on: 1 of 64 clients lost their connection, "
            "1 while they waited. Off: 16 of 64, 2 while they waited. The server counts 2 and 3 "
            "requests lost.");
  EXPECT_EQ(answer.because,
            "Memory is not shared. What nobody can carry on without doing something twice breaks.");
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
  EXPECT_THAT(answer.measured, HasSubstr("900 answers"));
}

TEST(AllHang, SpeaksOfOneAsOfOne) {
  EXPECT_THAT(all_hang()->question(World(1).now), HasSubstr("Now 1 request will hang the only "
                                                            "worker."));
  EXPECT_THAT(all_hang()->question(World(4).now), HasSubstr("Now 4 requests will hang all 4 "
                                                            "workers."));
  FiredLesson alone(all_hang(), World(1));
  alone.world.hang(1);
  alone.world.load.waiting = 1;
  EXPECT_EQ(alone.progress(), "1 of 1 worker hangs; clients wait for 1 answer.");
  FiredLesson among(all_hang());
  EXPECT_EQ(among.progress(), "0 of 4 workers hang; clients wait for 0 answers.");
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

TEST(CrashLoop, CountsFromWhenACrashWasKnownWhereItsExitWasNotSeen) {
  FiredLesson run(crash_loop());
  World& world = run.world;
  for (int i = 0; i < 6; ++i) {
    EXPECT_FALSE(run.watch());
    world.crash(1, 3'000'000);
    world.incidents.back().exit_ns = world.incidents.back().first_exit_ns = 0;
  }
  EXPECT_TRUE(run.watch());
  EXPECT_THAT(run.answer().measured, HasSubstr("back after 3.0 ms, 3.0 ms, 3.0 ms"));
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
