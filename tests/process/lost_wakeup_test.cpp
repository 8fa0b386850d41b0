// The kernel wakes one worker per new connection. One that stops between the wake-up and accept4(2)
// has used the wake-up, and nobody else would ever hear of the connection.
#include <gtest/gtest.h>
#include <sched.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "forkscope/telemetry/process_stat.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;

/// The worker and we share a core, on which it yields to everybody: so it stays where it is while
/// we do the next two or three things.
void slow_down(pid_t worker) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  ASSERT_EQ(::sched_getaffinity(0, sizeof cpus, &cpus), 0);
  int first = 0;
  while (!CPU_ISSET(first, &cpus)) ++first;
  CPU_ZERO(&cpus);
  CPU_SET(first, &cpus);
  ASSERT_EQ(::sched_setaffinity(0, sizeof cpus, &cpus), 0);
  ASSERT_EQ(::sched_setaffinity(worker, sizeof cpus, &cpus), 0);
  const sched_param no_priority{};
  ASSERT_EQ(::sched_setscheduler(worker, SCHED_IDLE, &no_priority), 0);
}

/// How many connections have been made to that port and not been accepted, as the kernel has it: of
/// a listening socket, what it calls rx_queue (proc(5)).
long waiting_at(int port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  long waiting = 0;
  while (std::getline(table, line)) {
    unsigned local_port = 0;
    unsigned state = 0;
    unsigned long queued = 0;
    constexpr unsigned kListens = 0x0a;
    if (std::sscanf(line.c_str(), " %*d: %*x:%x %*x:%*x %x %*x:%lx", &local_port, &state,
                    &queued) == 3 &&
        local_port == static_cast<unsigned>(port) && state == kListens) {
      waiting += static_cast<long>(queued);
    }
  }
  return waiting;
}

enum class Outcome { accepted_before, answered_at_once, answered_after_the_hang };

/// Two workers wait for a connection. One comes, and worker `number` is stopped, if we are quick
/// enough before it can accept it.
Outcome connect_beside_stopped_worker(int number, const std::string& balance) {
  const ServerProcess server(
      {.workers = 2,
       .arguments = {"--hang-after=400ms", "--kill-after=0", "--balance=" + balance}});
  EXPECT_TRUE(support::wait_for_quiet(server, 2));
  const pid_t worker = server.worker_pid(number);
  slow_down(worker);
  support::HttpConnection connection(server.port());
  ::kill(worker, SIGSTOP);
  EXPECT_TRUE(support::wait_until(
      [&] { return telemetry::process_stat(static_cast<std::uint32_t>(worker)).state == 'T'; }));
  if (waiting_at(server.port()) == 0) return Outcome::accepted_before;
  connection.send_request("GET", "/v1/todos");
  EXPECT_EQ(connection.read_response().status, 200);
  return support::count_in(server.log(), " hung ") > 0 ? Outcome::answered_after_the_hang
                                                       : Outcome::answered_at_once;
}

class LostWakeUp : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_EQ(::sched_getaffinity(0, sizeof cpus_, &cpus_), 0); }
  void TearDown() override { ::sched_setaffinity(0, sizeof cpus_, &cpus_); }

 private:
  cpu_set_t cpus_{};
};

// One of the two is the one that the kernel wakes. That its connection has to wait until the hang
// is declared shows that the wake-up was lost: without the primary it would wait for ever.
TEST_P(LostWakeUp, OfAStoppedWorkerIsGivenToAnotherOne) {
  const auto is_seen = [&](int number) {
    return connect_beside_stopped_worker(number, GetParam()) == Outcome::answered_after_the_hang;
  };
  for (int attempt = 0; attempt < 50; ++attempt) {
    if (is_seen(1) || is_seen(2)) return;
  }
  FAIL() << "no wake-up was ever lost";
}

INSTANTIATE_TEST_SUITE_P(EveryBalance, LostWakeUp,
                         ::testing::Values("least", "kernel", "round-robin"), [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace forkscope
