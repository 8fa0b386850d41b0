// A worker whose core is being written has crashed already: nobody calls it hung, and nobody cuts
// its dump short.
#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "os/unique_fd.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ServerProcess;
using support::wait_for_log;
using ::testing::HasSubstr;
using ::testing::Not;

/// Keeps core files in a directory from being opened until it is told to let them, so that a dump
/// takes as long as the test likes (fanotify(7), permission events).
class HeldCores {
 public:
  explicit HeldCores(const std::filesystem::path& directory)
      : fd_(::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY)) {
    if (::fanotify_mark(fd_.get(), FAN_MARK_ADD, FAN_OPEN_PERM | FAN_EVENT_ON_CHILD, AT_FDCWD,
                        directory.c_str()) != 0) {
      fd_.reset();
      return;
    }
    thread_ = std::thread([this] {
      while (!over_) answer();
    });
  }
  ~HeldCores() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  HeldCores(const HeldCores&) = delete;
  HeldCores& operator=(const HeldCores&) = delete;

  explicit operator bool() const { return static_cast<bool>(fd_); }
  bool hold_one() const { return hold_one_; }
  void release() { released_ = true; }

 private:
  void answer() {
    pollfd entry{fd_.get(), POLLIN, 0};
    ::poll(&entry, 1, 10);
    alignas(fanotify_event_metadata) std::array<char, 4096> bytes{};
    ssize_t left = ::read(fd_.get(), bytes.data(), bytes.size());
    auto* event = reinterpret_cast<fanotify_event_metadata*>(bytes.data());
    for (; FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
      std::error_code gone;  // is no reason to hold it
      const std::filesystem::path file =
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(event->fd), gone);
      (file.filename().string().starts_with("core") ? held_ : others_).emplace_back(event->fd);
    }
    allow(others_);
    hold_one_ = !held_.empty();
    if (released_) allow(held_);
  }

  void allow(std::vector<os::UniqueFd>& files) {
    for (const os::UniqueFd& file : files) {
      const fanotify_response response{file.get(), FAN_ALLOW};
      EXPECT_EQ(::write(fd_.get(), &response, sizeof response),
                static_cast<ssize_t>(sizeof response));
    }
    files.clear();
  }

  os::UniqueFd fd_;
  std::vector<os::UniqueFd> held_;
  std::vector<os::UniqueFd> others_;
  std::atomic<bool> hold_one_ = false;
  std::atomic<bool> released_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

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
