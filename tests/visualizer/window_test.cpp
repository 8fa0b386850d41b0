// The window by itself: its title, its way through a server's life, and what it may not cost.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>

#include "support/http_client.h"
#include "window_fixture.h"

namespace forkscope::visualizer_test {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;

/// Requests one after the other, each on a fresh connection and answered within a second.
void expect_to_be_served(const ServerProcess& server) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(support::http_request(server.port(), "GET", "/v1/todos", "", "", 1s).status, 200)
        << i;
  }
}

TEST_F(WindowTest, IsNamedAfterForkscopeAndItsServer) {
  EXPECT_EQ(title_, "Forkscope 127.0.0.1:" + std::to_string(server_.port()) + "\n");
}

TEST_F(WindowTest, IsLeftWithControlQAndTheServerGoesOn) {
  display_.press("ctrl+q");
  EXPECT_EQ(viewer_.wait_for_exit(), 0);
  expect_to_be_served(server_);
}

TEST_F(WindowTest, CostsTheServerNothingWhenItIsStoppedOrKilled) {
  Program text(viewer_command({"--text"}, server_));
  ASSERT_TRUE(support::wait_until([&] { return !text.output().empty(); }));
  for (const int signal : {SIGSTOP, SIGKILL}) {
    viewer_.signal(signal);
    text.signal(signal);
    expect_to_be_served(server_);
  }
  EXPECT_EQ(generations(), 2);
}

TEST(Window, SaysThatTheServerIsGoneAndFollowsItsSuccessor) {
  const support::TempDir directory;
  const VirtualDisplay display;
  auto first =
      std::make_unique<ServerProcess>(support::ServerOptions{.directory = directory.path()});
  const std::uint16_t port = first->port();
  const Program viewer(viewer_command({}, *first, display));
  display.focus("^Forkscope 127");
  const auto yellow = [&] { return display.screen().count(kHungYellow); };
  ASSERT_EQ(yellow(), 0U);

  first->signal(SIGKILL);
  EXPECT_TRUE(support::wait_until([&] { return yellow() > 10'000; }));
  first.reset();
  const ServerProcess second({.port = port, .directory = directory.path()});
  EXPECT_TRUE(support::wait_until([&] { return yellow() == 0; }));
}

}  // namespace
}  // namespace forkscope::visualizer_test
