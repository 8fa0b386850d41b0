// The primary with children that are no workers of ours (echo_server.cpp): it watches, kills and
// replaces them all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <system_error>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::StreamSocket;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

StreamSocket send_byte(const ServerProcess& server, char byte) {
  StreamSocket client = StreamSocket::connect_loopback(server.port());
  client.send(std::string(1, byte), StreamSocket::Clock::now() + std::chrono::seconds(10));
  return client;
}

bool answers(const ServerProcess& server) {
  std::string answer;
  StreamSocket client = send_byte(server, 'x');
  client.receive(answer, StreamSocket::Clock::now() + std::chrono::seconds(10));
  return answer == "x";
}

class AnotherChild : public ::testing::Test {
 protected:
  AnotherChild() : server_({.workers = 1, .program = ECHO_SERVER}, support::Readiness::kIgnore) {}

  void SetUp() override {
    ASSERT_TRUE(wait_until([&] { return is_idle(); }, std::chrono::seconds(30)));
  }

  bool is_idle() const {
    try {
      return server_.worker_state(1) == "idle";
    } catch (const std::system_error&) {
      return false;  // there is no control socket yet
    }
  }
  bool is_replaced() const {
    return wait_until([&] { return server_.worker(1)["generation"] == 2 && is_idle(); });
  }

  ServerProcess server_;
};

TEST_F(AnotherChild, ServesAndStopsCleanly) {
  EXPECT_TRUE(answers(server_));
  server_.signal(SIGTERM);
  EXPECT_EQ(server_.wait_for_exit(), 0);
}

TEST_F(AnotherChild, IsNotAnnouncedAsAnHttpServer) {
  EXPECT_THAT(server_.log(), HasSubstr("serving 127.0.0.1:" + std::to_string(server_.port())));
  EXPECT_THAT(server_.log(), Not(HasSubstr("http://")));
}

// It would be said of it that it does what it does not.
TEST_F(AnotherChild, HasNoPolicyThatItDoesNotKnow) {
  for (const std::string policy : {"hash", "least"}) {
    const auto refused = server_.control({{"cmd", "balance"}, {"policy", policy}});
    EXPECT_EQ(refused["ok"], false);
    EXPECT_THAT(refused["error"].get<std::string>(), HasSubstr(policy + " is not to be had"));
  }
  EXPECT_EQ(server_.control({{"cmd", "status"}})["balance"], "kernel");
  EXPECT_TRUE(answers(server_));
}

TEST_F(AnotherChild, IsKilledWhenItHangsAndReplaced) {
  const StreamSocket client = send_byte(server_, 'h');
  ASSERT_EQ(support::wait_for_hang(server_, 1), 1);
  ASSERT_TRUE(is_replaced());
  const auto last_exit = server_.worker(1)["last_exit"];
  EXPECT_EQ(last_exit["signal"], "SIGABRT");
  EXPECT_EQ(last_exit["was_hung"], true);
  EXPECT_TRUE(answers(server_));
}

TEST_F(AnotherChild, IsReplacedAfterKill9) {
  const pid_t before = server_.worker_pid(1);
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  ASSERT_TRUE(is_replaced());
  EXPECT_NE(server_.worker_pid(1), before);
  EXPECT_EQ(server_.worker(1)["last_exit"]["signal"], "SIGKILL");
  EXPECT_TRUE(answers(server_));
}

TEST_F(AnotherChild, IsReloadedWithoutBeingKilled) {
  ASSERT_EQ(server_.control({{"cmd", "reload"}})["ok"], true);
  ASSERT_TRUE(is_replaced());
  EXPECT_EQ(server_.worker(1)["last_exit"]["cause"], "exit");
  EXPECT_EQ(server_.worker(1)["last_exit"]["code"], 0);
  EXPECT_TRUE(answers(server_));
}

// Nobody keeps them: it would have to say how far each is.
TEST_F(AnotherChild, IsSaidToHaveNoProtection) {
  EXPECT_TRUE(wait_until([&] {
    return server_.control({{"cmd", "status"}})["protection"] == "off";
  }));
}

}  // namespace
}  // namespace forkscope
