#include "forkscope/telemetry/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/temp_dir.h"

namespace forkscope::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uid_t kNobody = 65534;

const std::string kInTmp = "/tmp/forkscope-" + std::to_string(::getuid());

class Endpoint : public ::testing::Test {
 protected:
  support::TempDir runtime_;
  const std::string directory_ = runtime_.path().string() + "/forkscope";

  void SetUp() override {
    ::unsetenv("FORKSCOPE_RUNTIME_DIR");
    ::setenv("XDG_RUNTIME_DIR", runtime_.path().c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("FORKSCOPE_RUNTIME_DIR");
    ::unsetenv("XDG_RUNTIME_DIR");
  }
  /// Whoever runs the tests may have servers of their own.
  void look_nowhere_else() const { ::setenv("FORKSCOPE_RUNTIME_DIR", directory_.c_str(), 1); }
};

TEST_F(Endpoint, IsInTheUsersRuntimeDirectory) {
  EXPECT_EQ(control_socket_path(8000), directory_ + "/8000.sock");
  EXPECT_EQ(control_socket_path(8000, 2), directory_ + "/8000-2.sock");
}

TEST_F(Endpoint, IsInTmpWithoutAUsableRuntimeDirectory) {
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(runtime_directory(), kInTmp);
  for (const char* unusable : {"", "relative", "/nowhere/at/all", "/dev/null"}) {
    ::setenv("XDG_RUNTIME_DIR", unusable, 1);
    EXPECT_EQ(runtime_directory(), kInTmp) << unusable;
  }
}

TEST_F(Endpoint, IsNowhereElseThanInTheDirectoryThatIsSet) {
  ::setenv("FORKSCOPE_RUNTIME_DIR", "/nowhere/at/all", 1);
  EXPECT_EQ(runtime_directory(), "/nowhere/at/all");
  EXPECT_EQ(find_control_sockets().looked_in, "/nowhere/at/all");
  ::setenv("FORKSCOPE_RUNTIME_DIR", "", 1);
  EXPECT_EQ(runtime_directory(), directory_);
}

TEST_F(Endpoint, IsLookedForInTmpAsWell) {
  const ControlPlaces places = find_control_sockets();
  EXPECT_THAT(places.looked_in, HasSubstr(directory_));
  EXPECT_THAT(places.looked_in + places.ignored, HasSubstr(kInTmp));
}

TEST_F(Endpoint, ListsSocketsInOrderAndNothingElse) {
  look_nowhere_else();
  std::filesystem::create_directory(directory_);
  for (const char* name :
       {"9000.sock", "80.sock", "80-10.sock", "80-2.sock", "x.sock", "99999.sock", "8000.txt",
        "1x.sock", "1-.sock", "1-x.sock", "1-2x.sock", "-1.sock"}) {
    std::ofstream(directory_ + '/' + name) << "";
  }
  EXPECT_THAT(find_control_sockets().endpoints,
              ElementsAre(ControlEndpoint{80, directory_ + "/80.sock"},
                          ControlEndpoint{80, directory_ + "/80-2.sock"},
                          ControlEndpoint{80, directory_ + "/80-10.sock"},
                          ControlEndpoint{9000, directory_ + "/9000.sock"}));
}

TEST_F(Endpoint, ADirectoryThatIsALinkIsIgnored) {
  look_nowhere_else();
  const std::string other = runtime_.path().string() + "/other";
  std::filesystem::create_directory(other);
  std::ofstream(other + "/80.sock") << "";
  std::filesystem::create_directory_symlink(other, directory_);
  const ControlPlaces places = find_control_sockets();
  EXPECT_THAT(places.endpoints, IsEmpty());
  EXPECT_EQ(places.ignored, directory_ + " is not a directory, and is ignored.");
}

TEST_F(Endpoint, ADirectoryOfAnotherUserIsIgnored) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can give a directory to another user";
  look_nowhere_else();
  std::filesystem::create_directory(directory_);
  std::ofstream(directory_ + "/80.sock") << "";
  ASSERT_EQ(::chown(directory_.c_str(), kNobody, kNobody), 0);
  const ControlPlaces places = find_control_sockets();
  EXPECT_THAT(places.endpoints, IsEmpty());
  EXPECT_EQ(places.ignored, directory_ + " belongs to another user, and is ignored.");
}

/// Listens at `path` as another user, from a process that ends with the object.
class StrangerListens {
 public:
  explicit StrangerListens(const std::string& path) {
    int ready[2];
    if (::pipe(ready) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto address = unix_address(path).value();
      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const bool listens =
          ::setresuid(kNobody, kNobody, kNobody) == 0 &&
          ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
          ::listen(fd, 1) == 0;
      if (!listens || ::write(ready[1], "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte;
    const bool listens = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (!listens) throw std::runtime_error("the stranger cannot listen");
  }
  ~StrangerListens() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  StrangerListens(const StrangerListens&) = delete;
  StrangerListens& operator=(const StrangerListens&) = delete;

 private:
  pid_t pid_ = -1;
};

TEST_F(Endpoint, NobodyAttachesToAListenerOfAnotherUserButRootWhereThatIsAtHome) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can listen as another user";
  std::filesystem::create_directory(directory_);
  std::filesystem::permissions(directory_, std::filesystem::perms::all);
  std::filesystem::permissions(runtime_.path(), std::filesystem::perms::all);
  const ControlEndpoint endpoint = control_endpoint_at(directory_ + "/80.sock");
  const StrangerListens stranger(endpoint.path);
  EXPECT_FALSE(connect_to(endpoint, 0));
  EXPECT_EQ(errno, EPERM);
  ASSERT_EQ(::chown(directory_.c_str(), kNobody, kNobody), 0);
  EXPECT_TRUE(connect_to(endpoint, 0));
}

TEST_F(Endpoint, APathThatIsTooLongIsNoAddress) {
  EXPECT_FALSE(unix_address(std::string(108, 'x')));
  EXPECT_TRUE(unix_address(std::string(107, 'x')));
  EXPECT_FALSE(connect_to({80, std::string(200, 'x')}, 0));
  EXPECT_EQ(errno, ENAMETOOLONG);
}

}  // namespace
}  // namespace forkscope::telemetry
