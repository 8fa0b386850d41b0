// Whether a class can read a lesson to its end, in every step and whatever it has guessed: the
// panel's layout, with the real fonts but without a window.
#include "views/lesson_panel.h"

#include <gtest/gtest.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/fonts.h"
#include "lessons/all_lessons.h"
#include "views/layout.h"
#include "words/lacks.h"

namespace forkscope::views {
namespace {

using lessons::Action;
using lessons::ActionKind;
using lessons::Page;
using lessons::Step;
using telemetry::WorkerState;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kTick = kSecond / 20;

/// A server of plain values on which the lessons can be run to their measured answers, with figures
/// as long as they get.
class World {
 public:
  explicit World(std::uint32_t workers) {
    now_.attachment = picture::Attachment::live;
    now_.time_ns = 100 * kSecond;
    now_.server.kill_after_ns = 5 * kSecond;
    now_.server.faults_enabled = true;
    now_.server.protection = telemetry::Protection::on;
    for (std::uint32_t number = 1; number <= workers; ++number) {
      telemetry::WorkerReport worker;
      worker.number = number;
      worker.pid = 1'000'000 + number;
      worker.state = WorkerState::idle;
      now_.workers.push_back(worker);
    }
  }

  lessons::Situation situation() const {
    return {now_, incidents_, load_, requests_, offer_, why_no_load_};
  }

  void lack(bool faults, const char* load) {
    offer_.faults = faults ? picture::Has::no : picture::Has::yes;
    why_no_load_ = load;
  }
  /// Answers the load with errors alone.
  void fail_load() {
    now_.time_ns += kTick;
    if (load_.running) load_ = {.running = true, .answered = 1'234'567, .failed = 1'234'567};
    load_.failed_status = 404;
  }
  void refuse_request() {
    ++requests_.refused;
    requests_.latest_refusal = "GET /v1/faults/slow?ms=1000 was answered with status 404.";
  }

  void take(const lessons::Actions& actions) {
    for (const Action& action : actions) {
      if (action.kind == ActionKind::start_load) load_.running = true;
      if (action.kind == ActionKind::stop_load) load_.running = false;
      if (action.kind == ActionKind::request) request(action.target);
      if (action.kind == ActionKind::protect) protect(action.on);
    }
  }

  void tick() {
    now_.time_ns += kTick;
    for (auto& worker : now_.workers) {
      if (worker.in_flight) {
        end_if_due(worker);
      } else if (load_.running) {
        worker.requests += 10'000 + worker.number;
        now_.totals.requests += 10'000 + worker.number;
      }
    }
    for (const std::string& target : std::exchange(waiting_, {})) request(target);
    load_.answered += 1'234'567;
    load_.waiting = 12'345;
    load_.oldest_wait_ns = 4'567'890'123;
  }

 private:
  void protect(bool on) {
    now_.server.protection = on ? telemetry::Protection::on : telemetry::Protection::off;
  }

  void request(const std::string& target) {
    const auto free = std::find_if(now_.workers.begin(), now_.workers.end(),
                                   [](const auto& worker) { return !worker.in_flight; });
    if (free == now_.workers.end()) return waiting_.push_back(target);
    if (target.find("crash") != std::string::npos) return crash(*free);
    free->in_flight =
        telemetry::InFlight{.start_ns = now_.time_ns, .path = target.substr(0, target.find('?'))};
    free->state = WorkerState::busy;
  }

  void end_if_due(telemetry::WorkerReport& worker) {
    const std::uint64_t age_ns = now_.time_ns - worker.in_flight->start_ns;
    const bool hangs = worker.in_flight->path == "/v1/faults/hang";
    if (age_ns < (hangs ? 5 : 1) * kSecond) return;
    if (hangs) {
      history::Incident& hang = add(worker.number);
      hang.stuck_since_ns = worker.in_flight->start_ns;
      hang.served_at_end = hang.served_at_start + 1'234'567;
      load_.broken += 64;
    } else {
      ++worker.requests;
      ++now_.totals.requests;
      ++requests_.answered;
    }
    worker.in_flight.reset();
    worker.state = WorkerState::idle;
  }

  void crash(const telemetry::WorkerReport& worker) {
    history::Incident& crash = add(worker.number);
    crash.kind = history::IncidentKind::crash;
    crash.first_exit_ns = crash.exit_ns;
    load_.broken += 64;
  }

  history::Incident& add(std::uint32_t worker) {
    history::Incident incident;
    incident.worker = worker;
    incident.known_ns = now_.time_ns;
    incident.exit_ns = now_.time_ns;
    incident.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    incident.exit_code = 11;
    incident.abandoned = 123;
    incident.moved = now_.server.protection == telemetry::Protection::on ? 123 : 0;
    incident.back_ns = now_.time_ns + kTick;
    incidents_.push_back(incident);
    return incidents_.back();
  }

  picture::Snapshot now_;
  std::vector<history::Incident> incidents_;
  std::vector<std::string> waiting_;  // targets of requests that no worker has taken yet
  load::LoadStatus load_;
  lessons::Requests requests_;
  picture::Offer offer_;
  std::string why_no_load_;
};

using MakeLesson = std::unique_ptr<lessons::Lesson> (*)();
constexpr MakeLesson kLessons[] = {lessons::many_workers, lessons::who_answers,
                                   lessons::one_hangs,    lessons::one_crashes,
                                   lessons::all_hang,     lessons::crash_loop};

/// What the panel shows in the course of one lesson.
std::vector<Page> pages_of(MakeLesson make, std::uint32_t workers,
                           std::optional<std::size_t> guess) {
  std::vector<std::unique_ptr<lessons::Lesson>> only;
  only.push_back(make());
  lessons::Course course(std::move(only));
  World world(workers);
  std::vector<Page> pages;
  const auto keep = [&] { pages.push_back(course.page(world.situation())); };
  world.take(course.next(world.situation()));
  if (guess) course.choose(*guess);
  keep();
  world.take(course.next(world.situation()));
  keep();
  while (pages.back().step != Step::answer) {
    world.tick();
    world.take(course.update(world.situation()));
    keep();
  }
  world.take(course.next(world.situation()));
  keep();
  for (int i = 0; i < 3; ++i) {
    world.tick();
    world.take(course.update(world.situation()));
    keep();
  }
  return pages;
}

struct Screen {
  float width;
  float height;
  bool presenter;
};

class LessonPanel : public ::testing::TestWithParam<Screen> {
 protected:
  void SetUp() override {
    ImGui::CreateContext();
    const Screen& screen = GetParam();
    theme_.unit = unit_of({screen.width, screen.height}, screen.presenter ? kPresenterScale : 1);
    app::load_fonts(theme_);
    ImGui::GetIO().Fonts->Build();
  }
  void TearDown() override { ImGui::DestroyContext(); }

  /// Below so many incidents.
  LessonLayout lay_out(std::size_t strips, const Page& page, bool why = false) const {
    const Layout layout = compute_layout({GetParam().width, GetParam().height}, theme_,
                                         {.strips = strips,
                                          .workers = 4,
                                          .why = why,
                                          .lesson = true,
                                          .presenter = GetParam().presenter});
    ImDrawList nothing_is_drawn(ImGui::GetDrawListSharedData());
    return lay_out_lesson(Painter(nothing_is_drawn, theme_), layout.panel("LESSON"), page);
  }

  Theme theme_;
};

TEST_P(LessonPanel, ShowsEveryTextToItsEnd) {
  for (const std::uint32_t workers : {1U, 4U, 16U}) {
    for (std::size_t number = 0; number < std::size(kLessons); ++number) {
      for (const std::optional<std::size_t> guess :
           {std::optional<std::size_t>{}, std::optional<std::size_t>{0},
            std::optional<std::size_t>{1}, std::optional<std::size_t>{2},
            std::optional<std::size_t>{3}}) {
        std::string cut;  // the first one that is: thousands would say no more
        bool measured = false;
        for (Page page : pages_of(kLessons[number], workers, guess)) {
          measured = measured || (page.answer && !page.answer->because.empty());
          for (std::size_t right = 0; right < (page.answer ? page.choices.size() : 1); ++right) {
            if (page.answer) page.answer->right = right;
            for (const std::size_t strips : {1, 2, 3, 7}) {
              // A presenter who unfolds a chain of events has less of the lesson meanwhile.
              const bool whole = lay_out(strips, page).whole &&
                                 (GetParam().presenter || lay_out(strips, page, true).whole);
              if (cut.empty() && !whole) {
                cut = "step " + std::to_string(static_cast<int>(page.step)) + ", strips " +
                      std::to_string(strips) + ": " +
                      (page.answer ? page.answer->measured + page.answer->because
                                   : page.question + page.progress);
              }
            }
          }
        }
        EXPECT_EQ(cut, "") << "lesson " << number + 1 << ", " << workers << " workers, guess "
                           << (guess ? static_cast<int>(*guess) : -1);
        EXPECT_TRUE(measured);
      }
    }
  }
}

TEST_P(LessonPanel, ShowsToItsEndWhatAServerLacks) {
  for (const MakeLesson make : kLessons) {
    std::vector<std::unique_ptr<lessons::Lesson>> only;
    only.push_back(make());
    lessons::Course course(std::move(only));
    World world(4);
    course.next(world.situation());
    for (const bool faults : {true, false}) {
      world.lack(faults, faults ? "" : words::kNoLoad);
      course.update(world.situation());
      const Page page = course.page(world.situation());
      for (const std::size_t strips : {1, 2, 3, 7}) {
        EXPECT_TRUE(lay_out(strips, page).whole) << page.question;
      }
    }
    world.lack(false, "");
    course.update(world.situation());
    course.choose(0);
    world.take(course.next(world.situation()));
    while (course.page(world.situation()).step != Step::answer) {
      world.fail_load();
      for (const Action& action : course.update(world.situation())) {
        if (action.kind == ActionKind::request) world.refuse_request();
        if (action.kind == ActionKind::stop_load) world.take({action});
      }
    }
    const Page page = course.page(world.situation());
    EXPECT_EQ(page.answer->right, std::nullopt);
    EXPECT_NE(page.answer->measured.find("status 404"), std::string::npos);
    for (const std::size_t strips : {1, 2, 3, 7}) {
      EXPECT_TRUE(lay_out(strips, page).whole) << page.answer->measured;
    }
  }
}

TEST_P(LessonPanel, AsksInLargeLettersWhereTheyHaveRoom) {
  Page page = pages_of(kLessons[0], 4, std::nullopt).front();
  ASSERT_EQ(page.step, Step::predict);
  EXPECT_TRUE(lay_out(1, page).large);
  for (int i = 0; !lay_out(1, page).whole || lay_out(1, page).large; ++i) {
    ASSERT_LT(i, 100);
    page.question += " and on";
  }
  page.step = Step::watch;
  EXPECT_FALSE(lay_out(1, page).large);
}

TEST_P(LessonPanel, SaysSoWhenAWordIsCut) {
  Page page = pages_of(kLessons[0], 4, 0).front();
  for (int i = 0; i < 40; ++i) page.question += " and on it goes";
  EXPECT_FALSE(lay_out(1, page).whole);
}

INSTANTIATE_TEST_SUITE_P(At, LessonPanel,
                         ::testing::Values(Screen{1280, 720, false}, Screen{1280, 720, true},
                                           Screen{1280, 800, true}, Screen{1600, 900, true},
                                           Screen{1920, 1080, true}, Screen{1600, 900, false},
                                           Screen{1366, 768, false}, Screen{1366, 768, true},
                                           Screen{800, 600, false}, Screen{800, 600, true}));

}  // namespace
}  // namespace forkscope::views
