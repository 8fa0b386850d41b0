// What the primary sees of an Asio loop, by the executor of docs/examples/chat.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "step_executor.h"

namespace forkscope::chat {
namespace {

using telemetry::Phase;

class StepExecutorTest : public ::testing::Test {
 protected:
  StepExecutorTest() { slot_.idle(); }

  std::uint64_t steps() const { return view_.progress(0).steps; }
  Phase phase() const { return static_cast<Phase>(view_.progress(0).phase); }

  telemetry::Segment segment_ = telemetry::Segment::create({});
  telemetry::SegmentView view_ = telemetry::SegmentView::map_read_only(segment_.fd());
  telemetry::SlotWriter slot_ = segment_.slot(0);
  asio::io_context loop_{1};
  asio::any_io_executor executor_ = StepExecutor(loop_.get_executor(), slot_);
};

TEST_F(StepExecutorTest, ShowsThatTheLoopIsBusyWhileATimerIsHandled) {
  asio::steady_timer timer(executor_, std::chrono::milliseconds(1));
  Phase seen = Phase::idle;
  timer.async_wait([&](auto) { seen = phase(); });
  const std::uint64_t before = steps();
  loop_.run();
  EXPECT_EQ(seen, Phase::reading);
  EXPECT_GT(steps(), before);
}

TEST_F(StepExecutorTest, ShowsWhatIsPosted) {
  Phase seen = Phase::idle;
  asio::post(executor_, [&] { seen = phase(); });
  loop_.run();
  EXPECT_EQ(seen, Phase::reading);
}

// What a library does between two reads may never return, either.
TEST_F(StepExecutorTest, ShowsTheStepsThatALibraryTakesByItself) {
  using asio::local::stream_protocol;
  stream_protocol::socket here(executor_);
  stream_protocol::socket there(loop_);
  asio::local::connect_pair(here, there);
  std::array<char, 2> both{};
  asio::async_read(here, asio::buffer(both), [](auto, auto) {});
  const std::uint64_t before = steps();
  for (int byte = 1; byte <= 2; ++byte) {
    slot_.idle();
    asio::write(there, asio::buffer("x", 1));
    loop_.run_one();
    EXPECT_EQ(phase(), Phase::reading) << "byte " << byte;
  }
  EXPECT_GE(steps(), before + 4);
}

}  // namespace
}  // namespace forkscope::chat
