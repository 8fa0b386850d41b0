// What the service manager is told: sd_notify(3).
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>

#include "os/unique_fd.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::wait_until;

/// What a service manager does: a datagram socket whose name the service gets.
class ServiceManagerSocket {
 public:
  explicit ServiceManagerSocket(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  bool hears(const std::string& message) {
    return wait_until([&] {
      std::array<char, 256> bytes{};
      const ssize_t count = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
      return count > 0 && std::string(bytes.data(), static_cast<std::size_t>(count)) == message;
    });
  }

 private:
  os::UniqueFd fd_;
};

TEST(Service, TellsTheServiceManagerWhatItDoes) {
  const support::TempDir directory;
  const std::string path = directory.path() / "notify";
  ServiceManagerSocket manager(path);
  ServerProcess server(
      {.workers = 2, .environment = {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=200000"}});
  EXPECT_TRUE(manager.hears("READY=1"));
  EXPECT_TRUE(manager.hears("WATCHDOG=1"));
  server.signal(SIGSTOP);  // a primary that does not run must not look alive; this one goes on
  server.signal(SIGCONT);
  EXPECT_TRUE(manager.hears("WATCHDOG=1"));
  server.signal(SIGTERM);
  EXPECT_TRUE(manager.hears("STOPPING=1"));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

}  // namespace
}  // namespace forkscope
