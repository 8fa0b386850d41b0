// Screens that are not as one would wish: stuck, fine, or small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

using support::ServerProcess;
using support::wait_until;
using Size = VirtualDisplay::Size;

/// A window whose frames are not shown any more, once it has shown some.
class StuckScreen : public ::testing::Test {
 protected:
  void SetUp() override {
    display_.focus("^Forkscope 127");
    ASSERT_TRUE(wait_until([&] { return display_.screen().count(kFreshGreen) > 500; }));
    std::ofstream{stuck_};
    ASSERT_TRUE(grows());
  }
  /// Whether the recording still does, by more than a frame that was about to be written.
  bool grows() const {
    const auto size = [&] { return std::filesystem::file_size(viewer_.directory() / "class.rec"); };
    const auto before = size();
    return wait_until([&] { return size() > before + 500; });
  }

  const support::TempDir directory_;
  const std::filesystem::path stuck_ = directory_.path() / "stuck";
  const VirtualDisplay display_;
  const ServerProcess server_{{.workers = 2}};
  Program viewer_{[this] {
    Command command = viewer_command({"--record=class.rec"}, server_, display_);
    std::optional<std::string>& preload = command.environment["LD_PRELOAD"];
    preload = POOR_SCREEN + (preload ? ':' + *preload : "");
    command.environment["STUCK_SCREEN"] = stuck_.string();
    return command;
  }()};
};

TEST_F(StuckScreen, HoldsUpNeitherKeysNorTheRecordingNorTheEnd) {
  display_.press("c");
  EXPECT_TRUE(wait_until([&] {
    return server_.worker(1)["generation"] == 2 || server_.worker(2)["generation"] == 2;
  }));
  EXPECT_TRUE(grows());
  display_.press("ctrl+q");
  EXPECT_EQ(viewer_.wait_for_exit(), 0);
}

TEST_F(StuckScreen, IsLeftBySignals) {
  viewer_.signal(SIGTERM);
  EXPECT_EQ(viewer_.wait_for_exit(), 128 + SIGTERM);
  const Ending replay = run(viewer_command(
      {"--text", "--replay=" + (viewer_.directory() / "class.rec").string()}, directory_.path()));
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.errors, "");  // nothing of it is damaged
  EXPECT_THAT(replay.output, testing::HasSubstr("worker 2 listening"));
}

TEST_F(StuckScreen, ShowsTheLatestPictureWhenItGoesOn) {
  server_.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(wait_until(
      [&] { return server_.worker_state(1) == "hung" || server_.worker_state(2) == "hung"; }));
  EXPECT_LT(display_.screen().count(kHungYellow), 1'000U);
  std::filesystem::remove(stuck_);
  EXPECT_TRUE(wait_until([&] { return display_.screen().count(kHungYellow) > 10'000; }));
}

class WindowSize : public ::testing::Test {
 protected:
  Size of(std::vector<std::string> arguments) {
    Command command = viewer_command(std::move(arguments), directory_.path());
    command.environment["DISPLAY"] = display_.name();
    const Program viewer(command);
    display_.focus("^Forkscope");
    return display_.focused_size();
  }
  static constexpr Size kScreen{VirtualDisplay::kWidth, VirtualDisplay::kHeight};

  const support::TempDir directory_;
  const VirtualDisplay display_;
};

TEST_F(WindowSize, IsTheOneAskedForUnlessTheScreenIsSmaller) {
  EXPECT_EQ(of({"--size=500x400"}), (Size{500, 400}));
  EXPECT_EQ(of({}), kScreen);
  EXPECT_EQ(of({"--size=500x4000"}), (Size{500, kScreen.height}));
}

TEST_F(WindowSize, CountsInTheScreensScale) {
  display_.set_dpi(192);
  EXPECT_EQ(of({"--size=500x340"}), (Size{1000, 680}));
  EXPECT_EQ(of({}), kScreen);
}

}  // namespace
}  // namespace forkscope::visualizer_test
