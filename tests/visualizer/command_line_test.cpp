// What the visualizer says where it cannot do what it is told: one line, and the right exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

using support::ServerProcess;
using ::testing::HasSubstr;

class BadUsage : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(BadUsage, EndsWithTwoAndOneLine) {
  const support::TempDir nothing;
  const Ending ending = run(viewer_command(GetParam(), nothing.path()));
  EXPECT_EQ(ending.exit_code, 2);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_EQ(ending.output, "");
}

using Arguments = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(
    EveryKind, BadUsage,
    ::testing::Values(Arguments{"--nonsense"}, Arguments{"--port=0"}, Arguments{"--port=65536"},
                      Arguments{"--size=big"}, Arguments{"--size=10x10"}, Arguments{"--theme=pink"},
                      Arguments{"--scale=0"}, Arguments{"--once"}, Arguments{"--at=1"},
                      Arguments{"--replay=a", "--at=noon"}, Arguments{"--replay=a", "--record=b"},
                      Arguments{"--replay=a", "--port=8000"},
                      Arguments{"--text", "--screenshot=a.png"}));

TEST(CommandLine, TellsItsVersionAndItsOptions) {
  const support::TempDir nothing;
  const Ending version = run(viewer_command({"--version"}, nothing.path()));
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, HasSubstr("todos-visualizer "));
  const Ending help = run(viewer_command({"--help"}, nothing.path()));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.output, HasSubstr("--screenshot"));
}

TEST(CommandLine, PointsToTheTextViewWhereThereIsNoDisplay) {
  const support::TempDir nothing;
  const Ending ending = run(viewer_command({}, nothing.path()));
  EXPECT_EQ(ending.exit_code, 3);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_THAT(ending.errors, HasSubstr("--text"));
}

TEST(CommandLine, PointsToAnotherDisplayWhereAPictureHasNone) {
  const support::TempDir nothing;
  const Ending ending = run(viewer_command({"--screenshot=a.png"}, nothing.path()));
  EXPECT_EQ(ending.exit_code, 3);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_THAT(ending.errors, HasSubstr("xvfb-run"));
  EXPECT_THAT(ending.errors, Not(HasSubstr("--text"))) << "the one excludes the other";
}

TEST(CommandLine, SaysThatThereIsNoServerToTakeASnapshotOf) {
  const support::TempDir nothing;
  const Ending ending = run(viewer_command({"--text", "--once"}, nothing.path()));
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_EQ(ending.output, "");
}

TEST(CommandLine, SaysThatThereIsNoServerToTakeAScreenshotOf) {
  const support::TempDir nothing;
  const VirtualDisplay display;
  Command command = viewer_command({"--screenshot=shot.png"}, nothing.path());
  command.environment["DISPLAY"] = display.name();
  Program viewer(command);
  EXPECT_EQ(viewer.wait_for_exit(), 1);
  EXPECT_TRUE(is_one_line(viewer.errors())) << viewer.errors();
  EXPECT_FALSE(std::filesystem::exists(viewer.directory() / "shot.png"));
}

TEST(CommandLine, SaysThatAScreenshotCannotBeWritten) {
  const ServerProcess server;
  const VirtualDisplay display;
  const Ending ending = run(viewer_command({"--screenshot=missing/shot.png"}, server, display));
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_TRUE(is_one_line(ending.errors)) << ending.errors;
  EXPECT_THAT(ending.errors, HasSubstr("missing/shot.png"));
}

}  // namespace
}  // namespace forkscope::visualizer_test
