// Workers that are pinned to CPUs.
#include <gtest/gtest.h>
#include <sched.h>

#include "support/server_process.h"

namespace forkscope {
namespace {

using support::ServerProcess;

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
