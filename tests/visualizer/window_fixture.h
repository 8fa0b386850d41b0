// A window on a display of its own that has found its server.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {

class WindowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    title_ = display_.focus("^Forkscope 127\\.0\\.0\\.1:" + std::to_string(server_.port()));
    ASSERT_TRUE(shows([](const Picture& screen) { return screen.count(kFreshGreen) > 500; }));
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << "todos-visualizer's errors:\n" << viewer_.errors();
  }

  /// Waits for a picture on the screen that `condition` is true of.
  template <typename Condition>
  bool shows(Condition condition) const {
    return support::wait_until([&] { return condition(display_.screen()); });
  }
  bool shows_alarm() const {
    return shows([](const Picture& screen) { return screen.count(kHungYellow) > 10'000; });
  }
  bool shows_no_alarm() const {
    return shows([](const Picture& screen) { return screen.count(kHungYellow) < 1'000; });
  }
  /// The number of a worker in that state, or 0.
  int worker_that_is(const std::string& state) const {
    for (const int number : {1, 2}) {
      if (server_.worker_state(number) == state) return number;
    }
    return 0;
  }
  int generations() const {
    return server_.worker(1)["generation"].get<int>() + server_.worker(2)["generation"].get<int>();
  }

  const VirtualDisplay display_;
  const support::ServerProcess server_{
      {.workers = 2, .arguments = {"--hang-after=400ms", "--kill-after=0"}}};
  Program viewer_{viewer_command({}, server_, display_)};
  std::string title_;
};

}  // namespace forkscope::visualizer_test
