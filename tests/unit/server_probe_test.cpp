#include "model/server_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <vector>

#include "model/control_socket.h"
#include "model/live_source.h"
#include "segment_host.h"
#include "support/wait_until.h"

namespace forkscope::model {
namespace {

using test::ControlSocketHost;
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
    std::vector<net::Descriptor> connections;
    while (net::Descriptor connection = connect_to_control_socket(kPort)) {
      connections.push_back(std::move(connection));
    }
    EXPECT_EQ(errno, EAGAIN);
    return static_cast<int>(connections.size());
  }

  static constexpr int kBacklog = 4;
  const RuntimeDirectory directory_;
  net::Descriptor listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_F(Silent, ServerKeepsRoomInItsBacklogHoweverOftenItIsProbed) {
  ServerProbe probe;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(probe.listens(kPort)) << i;
  EXPECT_GE(room(), kBacklog - 1);
}

TEST_F(Silent, ServerListensAlsoWhenItsBacklogIsFull) {
  room();
  EXPECT_TRUE(ServerProbe().listens(kPort));
}

TEST_F(Silent, ServerKeepsRoomInItsBacklogHoweverOftenItIsAskedForItsSegment) {
  LiveSource source(kPort);
  for (int i = 0; i < 6; ++i) {
    source.choose(kPort);  // it is asked at once, not only after the pause
    source.poll();
    EXPECT_THAT(source.ports(), testing::ElementsAre(kPort));
    EXPECT_THAT(source.snapshot().attachment_detail, testing::HasSubstr("no answer")) << i;
  }
  EXPECT_GE(room(), kBacklog - 2);
}

TEST(ServerProbe, AFileThatNobodyListensOnIsNoServer) {
  const RuntimeDirectory directory;
  ServerProbe probe;
  EXPECT_FALSE(probe.listens(kPort));
  { const ControlSocketHost dead(kPort, "", -1); }
  EXPECT_FALSE(probe.listens(kPort));
}

TEST(ServerProbe, ASuccessorOnTheSamePortIsLookedAtAnew) {
  const RuntimeDirectory directory;
  ServerProbe probe;
  {
    const ControlSocketHost first(kPort, "", -1);
    EXPECT_TRUE(probe.listens(kPort));
  }
  EXPECT_TRUE(support::wait_until([&] {  // files are told apart by when they were made
    { const ControlSocketHost second(kPort, "", -1); }  // gone again: only its file is there
    return !probe.listens(kPort);
  }));
}

}  // namespace
}  // namespace forkscope::model
