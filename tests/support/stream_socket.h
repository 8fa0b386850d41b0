// A connected stream socket with a deadline on everything: a server that hangs on purpose must
// never hang the test.
//
// Errors and deadlines that pass throw std::system_error; a deadline has the
// code ETIMEDOUT.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace forkscope::support {

class StreamSocket {
 public:
  using Clock = std::chrono::steady_clock;

  static StreamSocket connect_loopback(std::uint16_t port);
  static StreamSocket connect_unix(const std::filesystem::path& path);

  void send(std::string_view bytes, Clock::time_point deadline);
  /// Appends what has arrived, at least one byte, to `buffer`. False at the end of the stream.
  bool receive(std::string& buffer, Clock::time_point deadline);
  /// Sends a whole line and returns the one that answers it, or what came before the end of the
  /// stream.
  std::string exchange_line(std::string_view line, Clock::time_point deadline);
  /// The peer sees the end of the stream and can still answer.
  void shutdown_writes();
  /// With its end the peer sees a reset.
  void reset_at_the_end();

  int fd() const { return fd_.get(); }

 private:
  explicit StreamSocket(int fd) : fd_(fd) {}

  os::UniqueFd fd_;
};

}  // namespace forkscope::support
