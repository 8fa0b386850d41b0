#include "words/command_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "words/faults.h"

namespace forkscope::words {
namespace {

TEST(CommandLines, RequestWhatTheKeyRequests) {
  EXPECT_EQ(curl_line({"127.0.0.1", 8000}, "/v1/faults/hang?mode=sleep"),
            "curl 127.0.0.1:8000/v1/faults/hang?mode=sleep");
  EXPECT_EQ(curl_line({"127.0.0.1", 8000}, "/v1/todos", "-Z "), "curl -Z 127.0.0.1:8000/v1/todos");
}

TEST(CommandLines, NameAnAddressThatThisMachineReaches) {
  EXPECT_EQ(curl_line({"::", 8000}, "/livez"), "curl [::1]:8000/livez");
  EXPECT_EQ(curl_line({"0.0.0.0", 8001}, "/livez"), "curl 127.0.0.1:8001/livez");
  EXPECT_EQ(curl_line({"fe80::1%lo", 8000}, "/"), "curl [fe80::1%25lo]:8000/");
}

TEST(CommandLines, SendSignals) { EXPECT_EQ(kill_line("KILL", 4711), "kill -KILL 4711"); }

TEST(CommandLines, AskThePrimaryOfThatPort) {
  EXPECT_EQ(ctl_line({"127.0.0.1", 8000}, "scale 6"), "todos-server ctl scale 6");
  EXPECT_EQ(ctl_line({"127.0.0.1", 8001}, "reload"), "todos-server ctl reload --port 8001");
  EXPECT_EQ(ctl_line({"127.0.0.1", 8000, "./poll-server"}, "reload"), "./poll-server ctl reload");
}

TEST(Faults, NameTheWayUnlessTheServerWouldChooseItAnyhow) {
  EXPECT_EQ(hang_target(0), "/v1/faults/hang");
  EXPECT_EQ(hang_target(1), "/v1/faults/hang?mode=sleep");
  EXPECT_EQ(crash_target(0), "/v1/faults/crash");
  EXPECT_EQ(crash_target(3), "/v1/faults/crash?how=exit");
}

}  // namespace
}  // namespace forkscope::words
