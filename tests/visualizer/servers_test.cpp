// Several servers on one machine: which of them the window shows, and how another one is chosen.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

using support::ServerProcess;

constexpr Color kRaised = 0x252D36;  // buttons and plates
constexpr Color kLightGround = 0xE9EDF0;

struct Place {
  int x;
  int y;
};
constexpr Place kChip{162, 14};  // in the top line: says which server is shown
// Of a list of two. The mouse of a fresh display rests on the first.
constexpr Place kFirstRow{700, 345};
constexpr Place kSecondRow{700, 391};

class Servers : public ::testing::Test {
 protected:
  ServerProcess start(const char* database) const {
    return ServerProcess(
        {.arguments = {std::string("--db=") + database}, .directory = directory_.path()});
  }
  Program look(std::vector<std::string> arguments) const {
    arguments.push_back("--size=1280x720");
    Command command = viewer_command(std::move(arguments), directory_.path());
    command.environment["DISPLAY"] = display_.name();
    return Program(command);
  }
  /// Waits for a window that is named after the server, and gives it the focus.
  void expect_window_of(std::uint16_t port) const {
    display_.focus("^Forkscope 127\\.0\\.0\\.1:" + std::to_string(port));
  }
  Color color_at(Place place) const {
    const Picture screen = display_.screen();
    return screen.pixels.at(static_cast<std::size_t>(place.y) * screen.width +
                            static_cast<std::size_t>(place.x));
  }
  bool becomes_raised(Place place) const {
    return support::wait_until([&] { return color_at(place) == kRaised; });
  }

  const support::TempDir directory_;
  const VirtualDisplay display_;
};

TEST_F(Servers, AreListedAndOneIsChosenWithTheKeyboard) {
  const ServerProcess one = start("one.db");
  const ServerProcess other = start("other.db");
  const std::uint16_t lower = std::min(one.port(), other.port());
  const std::uint16_t higher = std::max(one.port(), other.port());
  const Program viewer = look({});
  expect_window_of(lower);
  ASSERT_TRUE(becomes_raised(kSecondRow)) << viewer.errors();
  display_.press("Down");
  display_.press("Return");
  expect_window_of(higher);
  EXPECT_TRUE(becomes_raised(kChip));
}

TEST_F(Servers, OneThatHasGoneIsNoChoice) {
  ServerProcess one = start("one.db");
  ServerProcess other = start("other.db");
  ServerProcess& higher = one.port() > other.port() ? one : other;
  const Program viewer = look({});
  expect_window_of(std::min(one.port(), other.port()));
  ASSERT_TRUE(becomes_raised(kSecondRow)) << viewer.errors();
  display_.press("Down");
  higher.signal(SIGKILL);
  higher.wait_for_exit();
  display_.press("Return");
  display_.press("Escape");
  display_.press("t");  // in its turn: all before it has been done when the theme changes
  Picture screen;
  ASSERT_TRUE(support::wait_until([&] {
    screen = display_.screen();
    return screen.pixels.front() == kLightGround;
  }));
  EXPECT_GT(screen.count(kFreshGreen), 500U);  // LIVE
}

TEST_F(Servers, AreChosenWithTheMouseAlsoWhenOneComesLater) {
  const ServerProcess first = start("first.db");
  const Program viewer = look({"--port=" + std::to_string(first.port())});
  expect_window_of(first.port());
  ASSERT_NE(color_at(kChip), kRaised);
  const ServerProcess second = start("second.db");
  ASSERT_TRUE(becomes_raised(kChip)) << viewer.errors();
  EXPECT_NE(color_at(kSecondRow), kRaised);  // nobody has asked for the list
  display_.click(kChip.x, kChip.y);
  ASSERT_TRUE(becomes_raised(kSecondRow));
  const Place row = second.port() < first.port() ? kFirstRow : kSecondRow;
  display_.click(row.x, row.y);
  expect_window_of(second.port());
}

}  // namespace
}  // namespace forkscope::visualizer_test
