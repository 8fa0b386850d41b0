// What a worker of the chat is told by the command line (main.cpp).
#pragma once

#include <chrono>
#include <cstddef>

namespace forkscope::chat {

struct Settings {
  bool faults_enabled = false;
  std::size_t max_connections = 1024;  ///< Per worker; more wait in the kernel's queue.
  std::chrono::milliseconds ping_interval{25'000};  ///< From a client's pong to the next ping.
  std::chrono::milliseconds ping_timeout{20'000};   ///< Then a client without a pong is gone.
  std::chrono::milliseconds idle_timeout{75'000};   ///< Until the next HTTP request is here, whole.
  std::chrono::milliseconds write_timeout{30'000};  ///< For an answer over HTTP.
  std::chrono::milliseconds drain_timeout{27'000};  ///< Then connections that are left are cut.
};

}  // namespace forkscope::chat
