// Keys, pressed on a real keyboard as far as the window can tell, and what the real server then
// says of itself.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "picture.h"
#include "window_fixture.h"

namespace forkscope::visualizer_test {
namespace {

using support::wait_until;

class Keys : public WindowTest {
 protected:
  double load() const {
    return server_.worker(1)["requests_per_second"].get<double>() +
           server_.worker(2)["requests_per_second"].get<double>();
  }
  /// Whether a word is explained, on a light ground.
  static bool is_told(const Picture& screen) { return screen.count(kTextWhite) > 12'000; }
  static bool is_not_told(const Picture& screen) { return !is_told(screen); }
  /// Presses the key and again, and expects more than that part of the picture to change and come
  /// back. The graphs go on meanwhile.
  void expect_to_toggle(const std::string& key, double part) {
    const Picture before = display_.screen();
    display_.press(key);
    EXPECT_TRUE(shows([&](const Picture& screen) { return screen.difference(before) > part; }));
    display_.press(key);
    EXPECT_TRUE(
        shows([&](const Picture& screen) { return screen.difference(before) < part * 0.7; }));
  }
};

TEST_F(Keys, HHangsOneWorker) {
  display_.press("h");
  EXPECT_TRUE(wait_until([&] { return worker_that_is("hung") != 0; }));
  EXPECT_TRUE(shows_alarm());
}

TEST_F(Keys, HHeldDownHangsOneWorkerOnly) {
  display_.hold("h");
  ASSERT_TRUE(wait_until([&] { return worker_that_is("hung") != 0; }));
  EXPECT_EQ(server_.worker(3 - worker_that_is("hung"))["in_flight"], nullptr);
}

TEST_F(Keys, CCrashesOneWorkerWhichComesBack) {
  display_.press("c");
  EXPECT_TRUE(wait_until([&] { return generations() == 3; }));
}

TEST_F(Keys, KKillsTheSelectedWorker) {
  const pid_t other = server_.worker_pid(1);
  display_.press("2");
  display_.press("k");
  EXPECT_TRUE(wait_until([&] { return server_.worker(2)["generation"] == 2; }));
  EXPECT_EQ(server_.worker(2)["last_exit"]["signal"], "SIGKILL");
  EXPECT_EQ(server_.worker_pid(1), other);
}

TEST_F(Keys, FFreezesTheSelectedWorkerAndLetsItGoOn) {
  const pid_t pid = server_.worker_pid(2);
  display_.press("2");
  display_.press("f");
  ASSERT_TRUE(wait_until([&] { return server_.worker_state(2) == "hung"; }));
  EXPECT_EQ(server_.worker(2)["hang"]["kind"], "stopped");
  EXPECT_TRUE(shows_alarm());
  display_.press("f");
  EXPECT_TRUE(wait_until([&] { return server_.worker_state(2) == "idle"; }));
  EXPECT_EQ(server_.worker_pid(2), pid);
}

TEST_F(Keys, LMakesRequestsFlowAndStopsThemAgain) {
  display_.press("l");
  EXPECT_TRUE(wait_until([&] { return load() > 100; }));
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kBusyBlue) > 1'000; }));
  display_.press("l");
  EXPECT_TRUE(wait_until([&] { return load() == 0; }));
}

TEST_F(Keys, QuestionMarkShowsAndHidesTheKeys) { expect_to_toggle("question", 0.35); }

TEST_F(Keys, ArrowsTurnThePagesOfTheCard) {
  display_.press("question");
  ASSERT_TRUE(shows([](const Picture& screen) { return screen.count(kFreshGreen) == 0; }));
  EXPECT_TRUE(wait_until([&] {  // up to the states with their marks
    display_.press("Right");
    return display_.screen().count(kHungYellow) > 20;
  }));
  EXPECT_LT(display_.screen().count(kPausedOrange), 5'000U);  // they do nothing else
  display_.press("Escape");
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kFreshGreen) > 500; }));
}

TEST_F(Keys, APointerThatRestsOnAWordIsToldWhatItMeans) {
  display_.point(300, 2);  // in the margin
  ASSERT_TRUE(shows(is_not_told));
  display_.point(300, 178);  // "idle"
  EXPECT_TRUE(shows(is_told));
  display_.point(300, 2);
  EXPECT_TRUE(shows(is_not_told));
}

TEST_F(Keys, ThePointerIsNotAskedWhereItWasLeft) {
  display_.point(300, 178);  // "idle"
  ASSERT_TRUE(shows(is_told));
  display_.press("Shift_L");
  EXPECT_TRUE(shows(is_not_told));
  display_.point(301, 178);
  EXPECT_TRUE(shows(is_told));
}

TEST_F(Keys, TChangesBetweenDarkAndLight) { expect_to_toggle("t", 0.6); }

TEST_F(Keys, PMakesEverythingBiggerAndBack) {
  const std::size_t badge = display_.screen().count(kFreshGreen);  // LIVE
  display_.press("p");
  EXPECT_TRUE(
      shows([&](const Picture& screen) { return screen.count(kFreshGreen) > badge * 5 / 4; }));
  display_.press("p");
  EXPECT_TRUE(shows([&](const Picture& screen) { return screen.count(kFreshGreen) == badge; }));
}

TEST_F(Keys, SpacePausesThePictureVisibly) {
  display_.press("space");
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kPausedOrange) > 5'000; }));
  display_.press("space");
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kPausedOrange) == 0; }));
}

TEST_F(Keys, LeftStepsBackInTimeAndEndReturnsToThePresent) {
  const auto is_paused = [](const Picture& screen) { return screen.count(kPausedOrange) > 5'000; };
  display_.press("Left");
  EXPECT_TRUE(shows(is_paused));
  display_.press("End");
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kPausedOrange) == 0; }));
}

TEST_F(Keys, ShiftLeftGoesBackToTheIncidentThatIsOver) {
  display_.press("2");
  display_.press("f");
  ASSERT_TRUE(wait_until([&] { return server_.worker_state(2) == "hung"; }));
  display_.press("f");
  ASSERT_TRUE(wait_until([&] { return server_.worker_state(2) == "idle"; }));
  const auto has_slab = [](const Picture& screen) { return screen.count(kHungYellow) > 20'000; };
  ASSERT_TRUE(shows([&](const Picture& screen) { return !has_slab(screen); }));
  display_.press("shift+Left");
  EXPECT_TRUE(shows([&](const Picture& screen) {
    return has_slab(screen) && screen.count(kPausedOrange) > 5'000;
  }));
  display_.press("End");
  EXPECT_TRUE(shows([&](const Picture& screen) { return !has_slab(screen); }));
}

TEST_F(Keys, ShiftHChangesHowTheNextWorkerHangs) {
  display_.press("shift+h");
  display_.press("h");
  ASSERT_TRUE(wait_until([&] { return worker_that_is("hung") != 0; }));
  EXPECT_EQ(server_.worker(worker_that_is("hung"))["hang"]["kind"], "blocked");
}

TEST_F(Keys, PlusAndMinusChangeTheNumberOfWorkers) {
  const auto workers = [&] { return server_.control({{"cmd", "status"}})["workers"].size(); };
  display_.press("plus");
  EXPECT_TRUE(wait_until([&] { return workers() == 3; }));
  display_.press("minus");
  EXPECT_TRUE(wait_until([&] { return workers() == 2; }));
}

TEST_F(Keys, OSwitchesProtectionOffAndOn) {
  const auto protection = [&] { return server_.control({{"cmd", "status"}})["protection"]; };
  ASSERT_EQ(protection(), "on");
  display_.press("o");
  EXPECT_TRUE(wait_until([&] { return protection() == "off"; }));
  // A plate in the first line.
  EXPECT_TRUE(shows([](const Picture& screen) { return screen.count(kHungYellow) > 200; }));
  display_.press("o");
  EXPECT_TRUE(wait_until([&] { return protection() == "on"; }));
}

TEST_F(Keys, RReloadsAllWorkers) {
  display_.press("r");
  EXPECT_TRUE(wait_until([&] { return generations() == 4; }));
}

TEST_F(Keys, NLeadsIntoALessonThatSendsRealRequests) {
  const std::size_t blue = display_.screen().count(kBusyBlue);
  display_.press("n");
  ASSERT_TRUE(shows([&](const Picture& screen) {  // "predict" on its plate
    return screen.count(kBusyBlue) > blue + 1'000;
  }));
  display_.press("Down");
  display_.press("n");
  const auto in_lesson = [&](int number) {
    const auto in_flight = server_.worker(number)["in_flight"];
    return in_flight.is_object() && in_flight["path"] == "/v1/faults/slow";
  };
  EXPECT_TRUE(wait_until([&] { return in_lesson(1) && in_lesson(2); }));
  EXPECT_TRUE(wait_until([&] { return !in_lesson(1) && !in_lesson(2); }));
  EXPECT_EQ(generations(), 2);
}

TEST_F(Keys, ALessonPutsProtectionBackWhenItIsLeftAndWhenTheWindowIsClosed) {
  const auto protection_is = [&](const char* wanted) {
    return server_.control({{"cmd", "status"}})["protection"] == wanted;
  };
  // The third lesson is the first that switches it: on, to begin with.
  const auto lead_on = [&] {
    return wait_until(
        [&] {
          display_.press("n");
          return protection_is("on");
        },
        std::chrono::seconds(60));
  };
  server_.control({{"cmd", "protect"}, {"on", false}});
  ASSERT_TRUE(lead_on());
  display_.press("Escape");
  EXPECT_TRUE(wait_until([&] { return protection_is("off"); }));
  ASSERT_TRUE(lead_on());
  display_.press("ctrl+q");
  EXPECT_TRUE(wait_until([&] { return protection_is("off"); }));
}

TEST_F(Keys, WUnfoldsTheChainOfEventsAndFoldsItAgain) {
  display_.press("2");
  display_.press("k");
  ASSERT_TRUE(wait_until([&] { return server_.worker(2)["generation"] == 2; }));
  const auto green = [](const Picture& screen) { return screen.count(kFreshGreen); };
  // LIVE, and the bar and the mark of the receipt.
  ASSERT_TRUE(shows([&](const Picture& screen) { return green(screen) > 2'000; }));
  const std::size_t folded = green(display_.screen());
  display_.press("w");
  EXPECT_TRUE(shows([&](const Picture& screen) { return green(screen) > folded + 50; }));
  display_.press("w");
  EXPECT_TRUE(shows([&](const Picture& screen) { return green(screen) <= folded + 20; }));
}

TEST_F(Keys, F12SavesWhatIsOnTheScreenIntoTheCurrentDirectory) {
  display_.press("F12");
  std::filesystem::path saved;
  ASSERT_TRUE(wait_until([&] {
    for (const auto& entry : std::filesystem::directory_iterator(viewer_.directory())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("forkscope-") && name.ends_with(".png")) saved = entry.path();
    }
    return !saved.empty();
  }));
  Picture picture;
  EXPECT_TRUE(wait_until([&] {
    try {
      picture = read_png(saved);
      return true;
    } catch (const std::runtime_error&) {
      return false;  // It is still being written.
    }
  }));
  EXPECT_LT(picture.difference(display_.screen()), 0.2);
}

}  // namespace
}  // namespace forkscope::visualizer_test
