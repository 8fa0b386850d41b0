// A worker whose core is being written has crashed already: nobody calls it hung, and nobody cuts
// its dump short.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/held_cores.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::HeldCores;
using support::ServerProcess;
using support::wait_for_log;
using ::testing::HasSubstr;
using ::testing::Not;

class CoreDump : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern;
    std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
    if (pattern != "core") GTEST_SKIP() << "cores go elsewhere here: " << pattern;
  }

  /// It holds all that its headers speak of (elf(5)).
  static bool is_complete(const std::filesystem::path& core) {
    std::ifstream file(core, std::ios::binary);
    Elf64_Ehdr header{};
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    std::uint64_t end = sizeof header;
    for (int i = 0; i < header.e_phnum && file; ++i) {
      Elf64_Phdr segment{};
      file.read(reinterpret_cast<char*>(&segment), sizeof segment);
      end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    return file.good() && header.e_phnum > 0 && std::filesystem::file_size(core) >= end;
  }

  static std::filesystem::path core_of(const ServerProcess& server, pid_t pid) {
    const auto core = server.directory() / "core";  // kernel.core_uses_pid may add the number
    if (std::filesystem::exists(core)) return core;
    return core.string() + "." + std::to_string(pid);
  }

  /// The worker answers `target` with its death, and its dump takes until the primary has noticed
  /// that it is one.
  static void expect_whole_core(const ServerProcess& server, const std::string& target,
                                const std::string& signal) {
    HeldCores cores(server.directory());
    if (!cores) GTEST_SKIP() << "not allowed to hold files here";
    const pid_t pid = server.worker_pid(1);
    const auto last = server.start_request(target);
    ASSERT_TRUE(wait_for_log(server, "worker 1 dumps core"));
    cores.release();
    ASSERT_TRUE(wait_for_log(server, "worker 1 ended"));
    EXPECT_THAT(server.log(), HasSubstr("worker 1 ended by " + signal + ", core dumped"));
    EXPECT_TRUE(is_complete(core_of(server, pid)));
  }
};

TEST_F(CoreDump, OfAHungWorkerIsNotCutShort) {
  const ServerProcess server({.workers = 1,
                              .arguments = {"--hang-after=200ms", "--kill-after=400ms"},
                              .dumps_core = true});
  expect_whole_core(server, "/v1/faults/hang?mode=sleep", "SIGABRT");
}

TEST_F(CoreDump, OfACrashedWorkerIsNoHang) {
  const ServerProcess server({.workers = 1,
                              .arguments = {"--hang-after=200ms", "--kill-after=400ms"},
                              .dumps_core = true});
  expect_whole_core(server, "/v1/faults/crash", "SIGSEGV");
  EXPECT_THAT(server.log(), Not(HasSubstr(" hung ")));
}

TEST_F(CoreDump, OutlastsTheTimeOfAStop) {
  ServerProcess server({.workers = 1, .arguments = {"--drain-timeout=200ms"}, .dumps_core = true});
  HeldCores cores(server.directory());
  if (!cores) GTEST_SKIP() << "not allowed to hold files here";
  const pid_t pid = server.worker_pid(1);
  const auto crashing = server.start_request("/v1/faults/crash");
  ASSERT_TRUE(support::wait_until([&] { return cores.hold_one(); }));
  server.signal(SIGTERM);
  ASSERT_TRUE(wait_for_log(server, "worker 1 dumps core"));
  cores.release();
  EXPECT_EQ(server.wait_for_exit(), 1);
  EXPECT_TRUE(is_complete(core_of(server, pid)));
}

}  // namespace
}  // namespace forkscope
