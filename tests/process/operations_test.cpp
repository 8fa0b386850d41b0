// What operators use: todos-server ctl, the service manager's protocol, process 1 of a container,
// job control, and workers that are pinned to CPUs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;
using support::wait_for_hang;
using support::wait_for_request;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

struct Output {
  int exit_code = 0;
  std::string text;  ///< stdout and stderr.
};

Output shell(const std::string& command) {
  Output output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output.text += buffer.data();
  const int status = ::pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

std::string program_of(const ServerProcess& server) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(server.pid()) + "/exe");
}

Output ctl(const ServerProcess& server, const std::string& arguments) {
  return shell("XDG_RUNTIME_DIR=" + server.directory().string() + " " + program_of(server) +
               " ctl --port " + std::to_string(server.port()) + " " + arguments);
}

TEST(Ctl, PrintsATableOrTheAnswerAsItIs) {
  const ServerProcess server({.workers = 2});
  const Output table = ctl(server, "status");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.text, HasSubstr("WORKER"));
  EXPECT_THAT(table.text, HasSubstr(std::to_string(server.worker_pid(2))));
  const auto json = nlohmann::json::parse(ctl(server, "status --json").text);
  EXPECT_EQ(json["workers"].size(), 2U);
}

TEST(Ctl, SaysHowAndInWhatAWorkerHangs) {
  const ServerProcess server({.workers = 1, .arguments = {"--hang-after=100ms", "--kill-after=0"}});
  EXPECT_THAT(ctl(server, "status").text, Not(HasSubstr(" in GET")));
  const auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_EQ(wait_for_hang(server, 1), 1);
  EXPECT_THAT(ctl(server, "status").text, HasSubstr("  blocked in GET /v1/faults/hang\n"));
  const auto json = nlohmann::json::parse(ctl(server, "status --json").text);
  EXPECT_EQ(json["workers"][0]["hang"]["phase"], "handling");
}

TEST(Ctl, ScalesReloadsSignalsAndStops) {
  ServerProcess server({.workers = 1});
  EXPECT_EQ(ctl(server, "scale 3").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(3) == "idle"; }));
  EXPECT_EQ(ctl(server, "signal 3 KILL").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker(3)["generation"] == 2; }));
  EXPECT_EQ(ctl(server, "reload").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 2; }));
  EXPECT_EQ(ctl(server, "stop").exit_code, 0);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Ctl, SaysInOneLineWhatIsWrong) {
  const ServerProcess server({.workers = 1});
  EXPECT_EQ(ctl(server, "scale 0").exit_code, 1);
  EXPECT_EQ(ctl(server, "signal 9 KILL").exit_code, 1);
  EXPECT_EQ(ctl(server, "signal 1 HUP").exit_code, 2);
  EXPECT_EQ(ctl(server, "").exit_code, 2);
  const Output nobody = shell("XDG_RUNTIME_DIR=" + server.directory().string() + " " +
                              program_of(server) + " ctl --port 1 status");
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_EQ(std::ranges::count(nobody.text, '\n'), 1);
}

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
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "200000", 1);
  ServerProcess server({.workers = 2});
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_TRUE(manager.hears("READY=1"));
  EXPECT_TRUE(manager.hears("WATCHDOG=1"));
  server.signal(SIGSTOP);  // a primary that does not run must not look alive; this one goes on
  server.signal(SIGCONT);
  EXPECT_TRUE(manager.hears("WATCHDOG=1"));
  server.signal(SIGTERM);
  EXPECT_TRUE(manager.hears("STOPPING=1"));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Container, ReapsStrangersAsProcessOne) {
  if (shell("unshare --pid --fork --mount-proc true").exit_code != 0) {
    GTEST_SKIP() << "not allowed to make a PID namespace here";
  }
  const ServerProcess outside({.workers = 1});
  const support::TempDir directory;
  // An orphan that ends at once, then the server in the same process, which is number 1.
  const std::string inside =
      "cd " + directory.path().string() + "; export XDG_RUNTIME_DIR=$PWD; " +
      "(sh -c 'sleep 0.1' &); (sleep 2; ps -eo stat | grep -c Z > zombies; kill -TERM 1) & exec " +
      program_of(outside) + " --workers 1 --port " + std::to_string(support::free_port());
  const Output output =
      shell("timeout 20 unshare --pid --fork --mount-proc sh -c \"" + inside + "\"");
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("primary pid: 1"));
  EXPECT_EQ(shell("cat " + (directory.path() / "zombies").string()).text, "0\n");
}

TEST(JobControl, StoppingTheWholeGroupIsNoHang) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=200ms", "--kill-after=400ms"}});
  const pid_t before = server.worker_pid(1);
  ::kill(-server.pid(), SIGSTOP);
  std::this_thread::sleep_for(1500ms);  // longer than all deadlines: that is the point
  ::kill(-server.pid(), SIGCONT);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_EQ(server.worker_pid(1), before);
  EXPECT_THAT(server.log(), Not(HasSubstr(" hung ")));
}

TEST(Orphans, SpinningWorkersEndWithTheirPrimary) {
  ServerProcess server({.workers = 2, .arguments = {"--hang-after=1m", "--kill-after=0"}});
  const auto spinning = server.start_request("/v1/faults/hang?mode=spin");
  ASSERT_NE(wait_for_request(server, 2), 0);
  server.signal(SIGKILL);
  EXPECT_EQ(server.wait_for_exit(), 128 + SIGKILL);
  const ServerProcess next({.workers = 1, .port = server.port()});
  EXPECT_EQ(next.request("GET", "/v1/todos").status, 200);
}

TEST(CrashLoop, OfOneWorkerDoesNotDelayTheVerdictOnAnother) {
  const ServerProcess server(
      {.workers = 2, .arguments = {"--hang-after=200ms", "--kill-after=500ms"}});
  ::kill(server.worker_pid(2), SIGSTOP);
  for (int death = 0; death < 5; ++death) {
    if (!wait_until([&] { return server.worker(1).value("pid", 0) != 0; })) break;
    ::kill(server.worker_pid(1), SIGSEGV);
  }
  EXPECT_TRUE(wait_until([&] { return server.worker(2)["generation"] == 2; }));
  EXPECT_TRUE(wait_until([&] { return server.worker_state(2) == "idle"; }));
}

cpu_set_t cpus_of(pid_t pid) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  EXPECT_EQ(::sched_getaffinity(pid, sizeof cpus, &cpus), 0);
  return cpus;
}

TEST(Pin, KeepsEachWorkerOnOneCpuInTurn) {
  const ServerProcess server({.workers = 3, .arguments = {"--pin"}});
  const cpu_set_t usable = cpus_of(server.pid());
  const cpu_set_t first = cpus_of(server.worker_pid(1));
  const cpu_set_t second = cpus_of(server.worker_pid(2));
  EXPECT_EQ(CPU_COUNT(&first), 1);
  EXPECT_EQ(CPU_COUNT(&second), 1);
  EXPECT_EQ(CPU_EQUAL(&first, &second) != 0, CPU_COUNT(&usable) == 1);
}

TEST(Pin, IsOffByDefault) {
  const ServerProcess server({.workers = 1});
  const cpu_set_t usable = cpus_of(server.pid());
  const cpu_set_t worker = cpus_of(server.worker_pid(1));
  EXPECT_TRUE(CPU_EQUAL(&usable, &worker));
}

}  // namespace
}  // namespace forkscope
