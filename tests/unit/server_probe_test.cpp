#include "live/server_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <vector>

#include "live/live_source.h"
#include "segment_host.h"
#include "support/wait_until.h"

namespace forkscope::live {
namespace {

using test::ControlSocketHost;
using test::endpoint;
using test::RuntimeDirectory;

constexpr std::uint16_t kPort = 8000;

/// A server that is stopped: it listens, and accepts nobody.
class Silent : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = telemetry::control_socket_path(kPort);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_.get(), kBacklog), 0);
  }
  /// Connections that its backlog still takes, all of which it has now.
  static int room() {
    std::vector<os::UniqueFd> connections;
    for (;;) {
      os::UniqueFd connection(telemetry::connect_to(endpoint(kPort), /*timeout_ms=*/0));
      if (!connection) break;
      connections.push_back(std::move(connection));
    }
    EXPECT_EQ(errno, EAGAIN);
    return static_cast<int>(connections.size());
  }

  static constexpr int kBacklog = 4;
  const RuntimeDirectory directory_;
  os::UniqueFd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_F(Silent, ServerKeepsRoomInItsBacklogHoweverOftenItIsProbed) {
  ServerProbe probe;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(probe.listens(endpoint(kPort))) << i;
  EXPECT_GE(room(), kBacklog - 1);
}

TEST_F(Silent, ServerListensAlsoWhenItsBacklogIsFull) {
  room();
  EXPECT_TRUE(ServerProbe().listens(endpoint(kPort)));
}

TEST_F(Silent, ServerKeepsRoomInItsBacklogHoweverOftenItIsAskedForItsSegment) {
  LiveSource source(kPort);
  for (int i = 0; i < 6; ++i) {
    source.choose(endpoint(kPort));  // it is asked at once, not only after the pause
    source.poll();
    EXPECT_EQ(source.servers().size(), 1U);
    EXPECT_THAT(source.snapshot().attachment_detail, testing::HasSubstr("no answer")) << i;
  }
  EXPECT_GE(room(), kBacklog - 2);
}

TEST(ServerProbe, AFileThatNobodyListensOnIsNoServer) {
  const RuntimeDirectory directory;
  ServerProbe probe;
  EXPECT_FALSE(probe.listens(endpoint(kPort)));
  { const ControlSocketHost dead(kPort, "", -1); }
  EXPECT_FALSE(probe.listens(endpoint(kPort)));
}

TEST(ServerProbe, ASuccessorOnTheSamePortIsLookedAtAnew) {
  const RuntimeDirectory directory;
  ServerProbe probe;
  {
    const ControlSocketHost first(kPort, "", -1);
    EXPECT_TRUE(probe.listens(endpoint(kPort)));
  }
  EXPECT_TRUE(support::wait_until([&] {  // files are told apart by when they were made
    { const ControlSocketHost second(kPort, "", -1); }  // gone again: only its file is there
    return !probe.listens(endpoint(kPort));
  }));
}

TEST(ServerProbe, TellsWhichProcessListensAndWhatItSaysOfItsAddress) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":true,\"host\":\"127.0.0.2\"}\n", -1);
  ServerProbe probe;
  EXPECT_EQ(probe.pid(endpoint(kPort)), 0);
  ASSERT_TRUE(probe.listens(endpoint(kPort)));
  EXPECT_EQ(probe.pid(endpoint(kPort)), ::getpid());
  EXPECT_TRUE(support::wait_until([&] { return probe.host(endpoint(kPort)) == "127.0.0.2"; }));
  EXPECT_EQ(host.asked().size(), 1U);
}

}  // namespace
}  // namespace forkscope::live
