// Workers that tell each other something, in processes that the primary has forked
// (relay_server.cpp).
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "support/server_process.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::StreamSocket;
using support::wait_until;

StreamSocket::Clock::time_point soon() {
  return StreamSocket::Clock::now() + std::chrono::seconds(30);
}

std::string next_byte(StreamSocket& client) {
  std::string byte;
  client.receive(byte, soon());
  return byte;
}

class Messages : public ::testing::Test {
 protected:
  /// Workers that are stopped on purpose are not to be killed for it.
  Messages()
      : server_({.workers = 2,
                 .arguments = {"--hang-after=60s", "--kill-after=60s"},
                 .program = RELAY_SERVER},
                support::Readiness::kIgnore) {}

  void SetUp() override {
    ASSERT_TRUE(wait_until([&] { return is_idle(1) && is_idle(2); }, std::chrono::seconds(30)));
  }

  bool is_idle(int worker) const {
    try {
      return server_.worker_state(worker) == "idle";
    } catch (const std::system_error&) {
      return false;  // there is no control socket yet
    }
  }

  /// A client of that worker. The other one is stopped meanwhile, so that it takes nobody.
  StreamSocket client_of(int worker) {
    const pid_t other = server_.worker_pid(3 - worker);
    ::kill(other, SIGSTOP);
    StreamSocket client = StreamSocket::connect_loopback(server_.port());
    EXPECT_EQ(next_byte(client), std::to_string(worker));
    ::kill(other, SIGCONT);
    return client;
  }

  ServerProcess server_;
};

TEST_F(Messages, WakeTheOtherWorker) {
  StreamSocket here = client_of(1);
  StreamSocket there = client_of(2);
  for (const std::string byte : {"a", "b", "c"}) {
    here.send(byte, soon());
    EXPECT_EQ(next_byte(there), byte);
    there.send(byte, soon());
    EXPECT_EQ(next_byte(here), byte);
  }
}

TEST_F(Messages, ReachAndLeaveAWorkerThatIsNew) {
  StreamSocket here = client_of(1);
  const pid_t before = server_.worker_pid(2);
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return server_.worker(2)["generation"] == 2 && is_idle(2); }));
  StreamSocket there = client_of(2);
  here.send("x", soon());
  EXPECT_EQ(next_byte(there), "x");
  there.send("y", soon());
  EXPECT_EQ(next_byte(here), "y");
}

TEST_F(Messages, HoldUpNobodyWhereAWorkerDoesNotRead) {
  StreamSocket here = client_of(1);
  StreamSocket there = client_of(2);
  const pid_t stopped = server_.worker_pid(2);
  ::kill(stopped, SIGSTOP);
  for (int i = 0; i < 10'000; ++i) here.send("z", soon());
  here.send("!", soon());
  ASSERT_TRUE(wait_until([&] { return is_idle(1); }, std::chrono::seconds(30)));
  ::kill(stopped, SIGCONT);
  std::string heard;
  while (heard.find('!') == std::string::npos) there.receive(heard, soon());
  EXPECT_EQ(heard.back(), '!');
}

}  // namespace
}  // namespace forkscope
