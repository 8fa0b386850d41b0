// Connections of real clients that move between real workers: seen in the replay of a recording, at
// the moment when they moved.
#include "history/moves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "picture.h"
#include "recording/replay.h"
#include "support/crowd.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

using support::wait_until;

constexpr double kSecond = 1e9;

class MovesTest : public ::testing::Test {
 protected:
  /// Of a worker that hangs under a crowd, and comes back. What moved to even out the crowd has
  /// been seen when the hang is declared.
  void record() const {
    const support::ServerProcess server(
        {.workers = 4, .arguments = {"--hang-after=3s", "--kill-after=7s"}});
    const support::Crowd crowd(server);
    Program recorder(viewer_command({"--text", "--record=" + file()}, server));
    const auto says = [&](const char* text) {
      return wait_until([&] { return recorder.output().find(text) != std::string::npos; });
    };
    ASSERT_TRUE(says("listening")) << recorder.errors();
    const auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
    ASSERT_TRUE(says("served again")) << recorder.output();
    recorder.signal(SIGTERM);
    recorder.wait_for_exit();
  }
  std::string file() const { return (directory_.path() / "class.rec").string(); }

  /// Pixels of plates and text, so many seconds after the start.
  std::size_t bright_at(double seconds) const {
    constexpr Color kText = 0xECF0F3;
    const std::string picture = (directory_.path() / "shot.png").string();
    Command command = viewer_command({"--replay=" + file(), "--at=" + std::to_string(seconds),
                                      "--size=1280x720", "--screenshot=" + picture},
                                     directory_.path());
    command.environment["DISPLAY"] = display_.name();
    const Ending ending = run(command);
    EXPECT_EQ(ending.exit_code, 0) << ending.errors;
    return read_png(picture).count(kText);
  }

  const support::TempDir directory_;
  const VirtualDisplay display_;
};

TEST_F(MovesTest, AreSeenForAMomentWhenAWorkerHangs) {
  record();
  const recording::Replay replay = recording::load_replay(file(), std::nullopt);
  const auto moves = history::moves_between(replay.history, 0, replay.end_ns);
  const auto move = std::ranges::find(moves, telemetry::MoveReason::hang, &history::Move::reason);
  ASSERT_NE(move, moves.end());
  EXPECT_GT(move->connections, 0U);
  const double moved = static_cast<double>(move->at_ns - replay.start_ns) / kSecond;
  const std::size_t before = bright_at(moved - 0.05);
  const std::size_t during = bright_at(moved + 1.3);
  const std::size_t after = bright_at(moved + 2.5);
  constexpr std::size_t kPlates = 2'000;
  EXPECT_GT(during, before + kPlates);
  EXPECT_GT(during, after + kPlates);
}

}  // namespace
}  // namespace forkscope::visualizer_test
