#include "app/gl_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace forkscope::app {
namespace {

TEST(GlThread, DoesItsTasksInOrderOnOneThread) {
  GlThread gl;
  std::vector<int> done;
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    gl.post([&, i] {
      done.push_back(i);
      threads.push_back(std::this_thread::get_id());
    });
  }
  gl.run([&] { done.push_back(100); });
  ASSERT_EQ(done.size(), 101U);
  for (int i = 0; i <= 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
  EXPECT_NE(threads.front(), std::this_thread::get_id());
  EXPECT_EQ(threads.front(), threads.back());
}

TEST(GlThread, IsNotIdleWhileATaskWaits) {
  std::promise<void> screen;
  GlThread gl;
  EXPECT_TRUE(gl.idle());
  gl.post([&] { screen.get_future().wait(); });
  EXPECT_FALSE(gl.idle());
  EXPECT_FALSE(gl.idle(std::chrono::milliseconds(1)));
  screen.set_value();
  EXPECT_TRUE(gl.idle(std::chrono::seconds(20)));
}

}  // namespace
}  // namespace forkscope::app
