// --screenshot: one picture of a running server, as a PNG file.
#include <gtest/gtest.h>

#include "picture.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

using support::ServerProcess;
using support::wait_until;

Picture screenshot(const ServerProcess& server, const VirtualDisplay& display) {
  Program viewer(viewer_command({"--screenshot=shot.png"}, server, display));
  if (viewer.wait_for_exit() != 0) throw std::runtime_error(viewer.errors());
  return read_png(viewer.directory() / "shot.png");
}

TEST(Screenshot, IsAsLargeAsAskedAndShowsSomething) {
  const ServerProcess server;
  const VirtualDisplay display;
  const Picture picture = screenshot(server, display);
  EXPECT_EQ(picture.width, 1280U);
  EXPECT_EQ(picture.height, 720U);
  EXPECT_GT(picture.distinct_colors(), 100U);   // text has smooth edges
  EXPECT_GT(picture.count(kFreshGreen), 500U);  // LIVE
  EXPECT_GT(picture.count(kBusyBlue), 100U);    // what the cores do
}

TEST(Screenshot, HasABigYellowAreaOnlyWhileAWorkerHangs) {
  const ServerProcess server({.arguments = {"--hang-after=300ms", "--kill-after=0"}});
  const VirtualDisplay display;
  EXPECT_EQ(screenshot(server, display).count(kHungYellow), 0U);

  auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(wait_until(
      [&] { return server.worker_state(1) == "hung" || server.worker_state(2) == "hung"; }));
  EXPECT_GT(screenshot(server, display).count(kHungYellow), 10'000U);
}

}  // namespace
}  // namespace forkscope::visualizer_test
