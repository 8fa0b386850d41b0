// A primary reduced to what a viewer meets: a telemetry segment, and a control socket that hands it
// out. For tests of the reading side; everything is real but the server behind it.
//
// Each host has a runtime directory of its own. The socket is served by a thread that owns the
// listening descriptor; the segment is written by the test.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "forkscope/telemetry/endpoint.h"
#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/worker_report.h"
#include "support/temp_dir.h"

namespace forkscope::test {

/// A fresh runtime directory, and no other place to look in, for the life of one test.
class RuntimeDirectory {
 public:
  RuntimeDirectory() { ::setenv("FORKSCOPE_RUNTIME_DIR", directory_.path().c_str(), 1); }
  ~RuntimeDirectory() { ::unsetenv("FORKSCOPE_RUNTIME_DIR"); }

 private:
  support::TempDir directory_;
};

inline telemetry::ControlEndpoint endpoint(std::uint16_t port, unsigned number = 1) {
  return telemetry::control_endpoint_at(telemetry::control_socket_path(port, number));
}

/// A listening control socket; leaves its file behind, as a server that was killed does.
class ControlSocketHost {
 public:
  /// `reply` is sent to whatever is asked, with `fd` along when it is not negative.
  ControlSocketHost(std::uint16_t port, std::string reply, int fd, unsigned number = 1)
      : ControlSocketHost(port, std::move(reply),
                          fd < 0 ? std::vector<int>() : std::vector<int>{fd}, number) {}
  /// With all of `fds` along.
  ControlSocketHost(std::uint16_t port, std::string reply, std::vector<int> fds,
                    unsigned number = 1)
      : reply_(std::move(reply)), fds_(std::move(fds)) {
    const std::string path = telemetry::control_socket_path(port, number);
    ::unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 8) != 0) {
      throw std::runtime_error("control socket: " + path);
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~ControlSocketHost() {
    ::eventfd_write(stop_, 1);
    thread_.join();
    ::close(listener_);
    ::close(stop_);
  }

  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve() {
    for (;;) {
      pollfd entries[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
      ::poll(entries, 2, -1);
      if (entries[1].revents != 0) return;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      char line[512];
      const ssize_t count = ::recv(client, line, sizeof line, 0);
      if (count > 0) {
        {
          const std::lock_guard lock(mutex_);
          asked_.emplace_back(line, static_cast<std::size_t>(count));
        }
        answer(client);
      }
      ::close(client);
    }
  }

  void answer(int client) {
    iovec vector{reply_.data(), reply_.size()};
    const std::size_t bytes = fds_.size() * sizeof(int);
    std::vector<cmsghdr> control(CMSG_SPACE(bytes) / sizeof(cmsghdr) + 1);
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (!fds_.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(bytes);
      cmsghdr* part = CMSG_FIRSTHDR(&message);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(bytes);
      std::memcpy(CMSG_DATA(part), fds_.data(), bytes);
    }
    ::sendmsg(client, &message, MSG_NOSIGNAL);
  }

  std::string reply_;
  std::vector<int> fds_;
  int listener_ = -1;
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  std::thread thread_;
};

inline telemetry::SegmentOptions small_segment(std::uint16_t port) {
  telemetry::SegmentOptions options;
  options.slots = 4;
  options.port = port;
  options.host = "127.0.0.1";
  options.hang_after_ns = 2'000'000'000;
  options.kill_after_ns = 5'000'000'000;
  options.faults_enabled = true;
  return options;
}

/// A segment with its control socket.
class SegmentHost {
 public:
  explicit SegmentHost(std::uint16_t port) : SegmentHost(small_segment(port)) {}
  explicit SegmentHost(const telemetry::SegmentOptions& options, unsigned number = 1)
      : segment_(telemetry::Segment::create(options)),
        socket_(static_cast<std::uint16_t>(options.port), "{\"ok\":true,\"version\":\"test\"}\n",
                segment_.fd(), number) {
    beat();
  }

  const telemetry::Segment& segment() const { return segment_; }
  std::vector<std::string> asked() const { return socket_.asked(); }

  void beat(telemetry::Protection protection = telemetry::Protection::unknown) {
    telemetry::BeatRecord record{};
    record.time_ns = telemetry::now_ns();
    record.target_workers = 2;
    record.protection = static_cast<std::uint32_t>(protection);
    segment_.beat().write(record);
  }

  /// Puts a worker into a slot, ready to serve.
  telemetry::SlotWriter start_worker(std::uint32_t number, std::uint32_t pid) {
    const std::uint64_t now_ns = telemetry::now_ns();
    telemetry::RosterRecord roster{};
    roster.pid = pid;
    roster.generation = 1;
    roster.state = static_cast<std::uint64_t>(telemetry::RosterState::ready);
    roster.forked_ns = now_ns;
    roster.ready_ns = now_ns;
    segment_.roster(number - 1).write(roster);
    telemetry::SlotWriter slot = segment_.slot(number - 1);
    slot.start_generation(1, now_ns);
    slot.ready(now_ns);
    slot.idle();
    return slot;
  }

 private:
  telemetry::Segment segment_;
  ControlSocketHost socket_;
};

}  // namespace forkscope::test
