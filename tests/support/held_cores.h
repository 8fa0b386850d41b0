// Core dumps that take as long as a test likes. For those who may watch files with fanotify(7).
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "os/unique_fd.h"

namespace forkscope::support {

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

}  // namespace forkscope::support
