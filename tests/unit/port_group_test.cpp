// Which socket of the port a new connection joins: real sockets, and the kernel's own decision.
#include "balancing/port_group.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <deque>
#include <string>
#include <system_error>
#include <vector>

#include "os/listening_socket.h"
#include "os/unique_fd.h"

namespace forkscope::balancing {
namespace {

using telemetry::BalancePolicy;

constexpr std::uint32_t kSlots = 6;

class PortGroupTest : public ::testing::TestWithParam<const char*> {
 protected:
  /// From that address, to the host of the group.
  void connect(int count, const char* host) {
    const os::ListeningSocket to{{}, host, listening_.port};
    for (int i = 0; i < count; ++i) clients_.push_back(connected(to));
  }
  void connect(int count) { connect(count, GetParam()); }

  static os::UniqueFd connected(const os::ListeningSocket& to);

  /// How many have joined each queue since the start.
  std::vector<std::uint32_t> lengths() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) all.push_back(group_.look(slot).length);
    return all;
  }
  std::uint32_t in_queues() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t length : lengths()) sum += length;
    return sum;
  }

  os::ListeningSocket listening_ = os::listen_on(GetParam(), 0);
  PortGroup group_{listening_.fd.get(), kSlots};
  std::deque<os::UniqueFd> clients_;
};

os::UniqueFd PortGroupTest::connected(const os::ListeningSocket& to) {
  const bool six = to.address.find(':') != std::string::npos;
  os::UniqueFd fd(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address6{};
  sockaddr_in address4{};
  address6.sin6_family = AF_INET6;
  address6.sin6_port = htons(to.port);
  address6.sin6_addr = in6addr_loopback;
  address4.sin_family = AF_INET;
  address4.sin_port = htons(to.port);
  address4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* any = six ? reinterpret_cast<const sockaddr*>(&address6)
                        : reinterpret_cast<const sockaddr*>(&address4);
  EXPECT_EQ(::connect(fd.get(), any, six ? sizeof address6 : sizeof address4), 0);
  return fd;
}

TEST_P(PortGroupTest, LeadsEverybodyToTheSharedSocketAtFirst) {
  ASSERT_EQ(group_.why_no_queues(), "");
  connect(40);
  EXPECT_EQ(in_queues(), 0U);
  EXPECT_GE(group_.look(0).limit, 128U);
}

TEST_P(PortGroupTest, LeadsToTheQueuesOfTheMembersAloneAndIsReplacedWhileClientsCome) {
  const std::vector<std::uint32_t> members{1, 2, 5};
  for (const BalancePolicy policy : {BalancePolicy::random, BalancePolicy::hash}) {
    const auto before = lengths();
    ASSERT_TRUE(group_.steer(policy, members));
    connect(300);
    const auto after = lengths();
    for (const std::uint32_t slot : {0U, 3U, 4U}) EXPECT_EQ(after[slot], 0U);
    for (const std::uint32_t slot : members) EXPECT_NEAR(after[slot] - before[slot], 100, 45);
  }
  ASSERT_TRUE(group_.steer(BalancePolicy::kernel, members));
  connect(20);
  EXPECT_EQ(in_queues(), 600U);
}

TEST_P(PortGroupTest, LeadsToTheSharedSocketWhereNobodyIsAMember) {
  ASSERT_TRUE(group_.steer(BalancePolicy::hash, {}));
  connect(20);
  EXPECT_EQ(in_queues(), 0U);
}

TEST_P(PortGroupTest, LetsNoSecondServerHaveThePort) {
  EXPECT_THROW(os::listen_on(GetParam(), listening_.port), std::system_error);
}

INSTANTIATE_TEST_SUITE_P(EveryFamily, PortGroupTest, ::testing::Values("127.0.0.1", "::1", "::"),
                         [](const auto& test) {
                           return test.index == 0 ? "Four" : test.index == 1 ? "Six" : "Both";
                         });

class DualStack : public PortGroupTest {};

// One program sees packets of both families.
TEST_P(DualStack, LeadsClientsOfBothFamiliesByTheirPorts) {
  const std::vector<std::uint32_t> members{0, 1, 2, 3};
  ASSERT_TRUE(group_.steer(BalancePolicy::hash, members));
  connect(200, "127.0.0.1");
  const auto four = lengths();
  connect(200, "::1");
  const auto both = lengths();
  for (const std::uint32_t slot : members) {
    EXPECT_NEAR(four[slot], 50, 35);
    EXPECT_NEAR(both[slot] - four[slot], 50, 35);
  }
}

INSTANTIATE_TEST_SUITE_P(AllAddresses, DualStack, ::testing::Values("::"));

TEST(PortGroup, SaysWhyThereAreNoQueues) {
  const os::ListeningSocket listening = os::listen_on("127.0.0.1", 0);
  const PortGroup group(listening.fd.get(), "for a reason");
  EXPECT_EQ(group.why_no_queues(), "for a reason");
  EXPECT_TRUE(group.queues().empty());
  EXPECT_EQ(group.look(0).limit, 0U);
}

}  // namespace
}  // namespace forkscope::balancing
