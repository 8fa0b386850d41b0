#include "session/session.h"

#include <gtest/gtest.h>

#include "picture_builder.h"
#include "segment_host.h"

namespace forkscope::session {
namespace {

TEST(Session, SaysSoWhereThereIsNoIncidentToJumpTo) {
  const test::RuntimeDirectory no_server;
  Session session(SessionOptions{});
  session.jump(test::kStart, -1);
  EXPECT_EQ(session.take_notice(), "There is no earlier incident.");
  session.jump(test::kStart, 1);
  EXPECT_EQ(session.take_notice(), "There is no later incident.");
  EXPECT_EQ(session.take_notice(), "");
}

TEST(Session, MarksTheMomentThatIsShown) {
  const test::RuntimeDirectory no_server;
  Session session(SessionOptions{});
  history::History& history = session.history();
  history.add(test::picture(test::kStart, 1), {}, {}, {});
  history.add(test::picture(test::kStart + test::kSecond, 2), {}, {}, {});
  session.playhead().seek(history, test::kStart + test::kSecond / 2);
  const std::uint64_t shown_ns = session.view_time(test::kStart);
  session.mark(test::kStart);
  EXPECT_EQ(session.take_notice(), "Marked.");
  history.add(test::picture(test::kStart + 2 * test::kSecond, 3), {}, {}, {});
  ASSERT_EQ(history.markers().size(), 1U);
  EXPECT_EQ(history.markers().front(), shown_ns);
}

}  // namespace
}  // namespace forkscope::session
