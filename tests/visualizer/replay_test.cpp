// --record and --replay: a real server is recorded by the real program, and shown again without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "picture.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"

namespace forkscope::visualizer_test {
namespace {

using nlohmann::json;
using support::ServerProcess;
using support::wait_until;
using testing::HasSubstr;

/// A recording of a hang and its end, by a recorder that was killed in the middle of it.
class ReplayTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new support::TempDir;
    const ServerProcess server(
        {.workers = 2, .arguments = {"--hang-after=200ms", "--kill-after=600ms"}});
    Program recorder(viewer_command({"--text", "--record=" + file()}, server));
    const auto says = [&](const char* text) {
      return wait_until([&] { return recorder.output().find(text) != std::string::npos; });
    };
    ASSERT_TRUE(says("listening")) << recorder.errors();
    auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
    ASSERT_TRUE(says("served again")) << recorder.output();
    recorder.signal(SIGKILL);
    recorder.wait_for_exit();
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string file() { return (folder_->path() / "run.rec").string(); }
  Ending replay(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--replay=" + file()});
    return run(viewer_command(arguments, nothing_.path()));
  }
  json once(const std::string& at) {
    const Ending ending = replay({"--text", "--once", "--at=" + at});
    EXPECT_EQ(ending.exit_code, 0) << ending.errors;
    return json::parse(ending.output);
  }
  /// When the worker was declared hung, in seconds after the start: found by halving.
  double declared() {
    double before = 0;
    double after = 60;
    const auto hangs = [&](double at) {
      const Ending ending = replay({"--text", "--once", "--at=" + std::to_string(at)});
      return ending.exit_code != 0 || json::parse(ending.output)["totals"]["hangs"] == 1;
    };
    while (after - before > 0.01) {
      const double middle = (before + after) / 2;
      (hangs(middle) ? after : before) = middle;
    }
    return after;
  }

  const support::TempDir nothing_;

 private:
  inline static support::TempDir* folder_ = nullptr;
};

TEST_F(ReplayTest, TellsTheEventsAgain) {
  const Ending ending = replay({"--text"});
  EXPECT_EQ(ending.exit_code, 0) << ending.errors;
  EXPECT_THAT(ending.output, HasSubstr("in GET /v1/faults/hang (blocked)"));
  EXPECT_THAT(ending.output, HasSubstr("1 request lost"));
  EXPECT_THAT(ending.output, HasSubstr("served again"));
}

TEST_F(ReplayTest, KnowsEachMomentAsItWas) {
  const double hang = declared();
  const json before = once(std::to_string(hang - 0.05));
  const json during = once(std::to_string(hang + 0.1));
  const json after = once("end");
  const auto hung = [](const json& picture) {
    int count = 0;
    for (const json& worker : picture["workers"]) count += worker["state"] == "hung" ? 1 : 0;
    return count;
  };
  EXPECT_EQ(hung(before), 0);
  EXPECT_EQ(hung(during), 1);
  EXPECT_EQ(hung(after), 0);
  EXPECT_EQ(before["totals"]["abandoned"], 0);
  EXPECT_EQ(after["totals"]["abandoned"], 1);
  EXPECT_EQ(after["totals"]["respawns"], 1);
}

TEST_F(ReplayTest, GivesTheSamePictureToTheByte) {
  const VirtualDisplay display;
  const auto shot = [&](const char* time_zone) {
    Command command = viewer_command(
        {"--replay=" + file(), "--at=-0.5", "--screenshot=shot.png", "--size=800x450"},
        nothing_.path());
    command.environment["DISPLAY"] = display.name();
    command.environment["TZ"] = time_zone;
    Program viewer(command);
    EXPECT_EQ(viewer.wait_for_exit(), 0) << viewer.errors();
    std::ifstream png(viewer.directory() / "shot.png", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(png), {});
  };
  const std::string first = shot("UTC");
  EXPECT_GT(first.size(), 1'000U);
  EXPECT_TRUE(first == shot("Asia/Tokyo"));
}

TEST_F(ReplayTest, GivesAsMuchAsIsIntactAndSaysHowMuchIsNot) {
  std::filesystem::copy_file(file(), nothing_.path() / "cut.rec");
  std::filesystem::resize_file(nothing_.path() / "cut.rec", std::filesystem::file_size(file()) - 5);
  const std::string cut = (nothing_.path() / "cut.rec").string();
  const Ending ending =
      run(viewer_command({"--replay=" + cut, "--text", "--once"}, nothing_.path()));
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_THAT(ending.errors, HasSubstr("the end of the recording is cut off"));
  EXPECT_TRUE(json::parse(ending.output).contains("workers"));
}

TEST_F(ReplayTest, RefusesWhatIsNoRecordingInOneLine) {
  const std::string text = (nothing_.path() / "notes.txt").string();
  std::ofstream(text) << "Dear diary, today I watched a server hang.\n";
  for (const std::string& bad : {text, nothing_.path().string(), std::string("/nowhere.rec")}) {
    const Ending ending = run(viewer_command({"--replay=" + bad, "--text"}, nothing_.path()));
    EXPECT_EQ(ending.exit_code, 1);
    EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
    EXPECT_THAT(ending.errors, HasSubstr(bad));
    EXPECT_EQ(ending.output, "");
  }
  const Ending late = replay({"--text", "--at=1h"});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_TRUE(is_one_line(late.errors)) << late.errors;
}

TEST_F(ReplayTest, DoesNotRecordOverAFile) {
  const Ending ending = run(viewer_command({"--text", "--record=" + file()}, nothing_.path()));
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_EQ(replay({"--text", "--once"}).exit_code, 0);
}

TEST(Viewer, ThatIsStoppedOrKilledCostsTheServerNothing) {
  const ServerProcess server({.workers = 2});
  Program viewer(viewer_command({"--text"}, server));
  ASSERT_TRUE(wait_until([&] { return viewer.output().find("listening") != std::string::npos; }));
  const auto serves = [&] {
    for (int i = 0; i < 600; ++i) {  // more than a lane holds
      if (server.request("GET", "/v1/todos").status != 200) return false;
    }
    return true;
  };
  viewer.signal(SIGSTOP);
  EXPECT_TRUE(serves());
  viewer.signal(SIGCONT);
  EXPECT_TRUE(serves());
  viewer.signal(SIGKILL);
  viewer.wait_for_exit();
  EXPECT_TRUE(serves());
}

}  // namespace
}  // namespace forkscope::visualizer_test
