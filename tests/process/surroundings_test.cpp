// The server starts where it is started, or says in one line why it can't: system calls that a
// container denies, limits of files, closed descriptors, names with several addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::Readiness;
using support::ServerProcess;
using support::wait_for_log;
using support::wait_until;
using support::with_ulimit;
using ::testing::HasSubstr;
using ::testing::Not;

/// What its descriptors are, without the numbers that differ from server to server.
std::multiset<std::string> files_of(pid_t pid, const std::filesystem::path& directory) {
  std::multiset<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code closed;  // since it was listed
    std::string target = std::filesystem::read_symlink(entry.path(), closed);
    if (closed) continue;
    if (target.starts_with(directory.string())) target.erase(0, directory.string().size());
    files.insert(target.substr(0, target.find(":[")));
  }
  return files;
}

class DeniedCalls : public ::testing::TestWithParam<const char*> {};

// What old profiles deny, and what is there for comfort.
TEST_P(DeniedCalls, AreWorkedAround) {
  const ServerProcess plain({.workers = 1});
  const ServerProcess server(
      {.workers = 1,
       .launcher = {DENY_CALLS, GetParam(),
                    "pidfd_open,pidfd_send_signal,close_range,clone3,sched_setscheduler"}});
  EXPECT_TRUE(wait_until([&] {  // until the connections that asked for readiness are closed
    return files_of(server.worker_pid(1), server.directory()) ==
           files_of(plain.worker_pid(1), plain.directory());
  })) << "a worker has nothing open that is the primary's";
  EXPECT_EQ(server.request("POST", "/v1/todos", R"({"title":"in a box"})").status, 201);
  ::kill(server.worker_pid(1), SIGKILL);
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 2; }));
  server.control({{"cmd", "signal"}, {"worker", 1}, {"signal", "ABRT"}});
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 3; }));
  EXPECT_THAT(server.log(), Not(HasSubstr("cannot")));
}

INSTANTIATE_TEST_SUITE_P(EitherWay, DeniedCalls, ::testing::Values("EPERM", "ENOSYS"));

class NeededCall : public ::testing::TestWithParam<const char*> {};

TEST_P(NeededCall, EndsTheStartWithOneLineThatNamesIt) {
  ServerProcess server(
      {.workers = 1, .arguments = {"--pin"}, .launcher = {DENY_CALLS, "EPERM", GetParam()}},
      Readiness::kIgnore);
  EXPECT_NE(server.wait_for_exit(), 0);
  EXPECT_EQ(support::count_in(server.log(), "todos-server: "), 1);
  EXPECT_THAT(server.log(), HasSubstr(GetParam()));
  EXPECT_THAT(server.log(), HasSubstr("Operation not permitted"));
}

INSTANTIATE_TEST_SUITE_P(EachOfThem, NeededCall,
                         ::testing::Values("signalfd", "eventfd", "epoll_create1", "memfd_create",
                                           "posix_fallocate", "prctl", "kill",
                                           "sched_setaffinity"));

TEST(FileSizeLimit, ThatIsHardEndsTheStartWithOneLine) {
  // As long as the log may be, and shorter than the segment.
  ServerProcess server({.workers = 1, .launcher = with_ulimit("-f 8")}, Readiness::kIgnore);
  EXPECT_EQ(server.wait_for_exit(), 1);
  EXPECT_THAT(server.log(), HasSubstr("ulimit -f"));
  EXPECT_EQ(support::count_in(server.log(), "\n"), 1);
}

TEST(FileSizeLimit, ThatIsSoftIsForFilesAndNotForTheSegment) {
  const ServerProcess server({.workers = 1, .launcher = with_ulimit("-Sf 512")});
  EXPECT_EQ(server.request("POST", "/v1/todos", R"({"title":"small"})").status, 201);
  rlimit limit{};
  ASSERT_EQ(::prlimit(server.worker_pid(1), RLIMIT_FSIZE, nullptr, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, 512U * 1024) << "it still holds for the files";
}

TEST(FileSizeLimit, OfALogThatIsFullEndsNobody) {
  const ServerProcess server({.workers = 1});
  const auto log = server.directory() / "server.log";
  rlimit limit{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
  limit.rlim_cur = std::filesystem::file_size(log);
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  server.signal(SIGUSR1);  // prints a table
  server.signal(SIGTTIN);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(2) == "idle"; }));
  EXPECT_EQ(std::filesystem::file_size(log), limit.rlim_cur);
}

TEST(ClosedDescriptors, OfTheStandardStreamsGoToNobody) {
  const ServerProcess server(
      {.workers = 1, .launcher = {"/bin/sh", "-c", R"(exec "$0" "$@" <&- >&- 2>&-)"}});
  server.signal(SIGUSR1);
  EXPECT_EQ(server.request("POST", "/v1/todos", R"({"title":"unheard"})").status, 201);
  for (const pid_t pid : {server.pid(), server.worker_pid(1)}) {
    for (const char* fd : {"0", "1", "2"}) {
      EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + fd),
                "/dev/null");
    }
  }
}

TEST(Address, IsTheOneThatIsServed) {
  // glibc takes an asterisk for both wildcard addresses, of which the first one is taken.
  const ServerProcess server({.workers = 1, .arguments = {"--host=*"}});
  EXPECT_THAT(server.log(),
              HasSubstr("serving http://127.0.0.1:" + std::to_string(server.port()) + ", workers"));
  EXPECT_THAT(server.log(), HasSubstr("* has several addresses: 0.0.0.0 is served, and not ::\n"));
}

TEST(Address, OfIpv6HasItsBracketsInAUrl) {
  ServerProcess server({.workers = 1, .arguments = {"--host=::1"}}, Readiness::kIgnore);
  ASSERT_TRUE(wait_for_log(server, "serving "));
  EXPECT_THAT(server.log(),
              HasSubstr("serving http://[::1]:" + std::to_string(server.port()) + ", workers"));
}

}  // namespace
}  // namespace forkscope
