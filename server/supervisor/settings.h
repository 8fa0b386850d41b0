// What the primary can be told. options/ makes one from argv and environment.
#pragma once

#include <cstdint>
#include <string>

namespace forkscope::supervisor {

enum class LogFormat { text, json };

struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: the kernel chooses.
  /// A listening socket that was inherited (systemd's socket activation), instead of host and port,
  /// which then only say where it listens; -1: none.
  int inherited_socket = -1;
  std::uint32_t workers = 1;
  std::uint64_t hang_after_ns = 2'000'000'000;
  std::uint64_t kill_after_ns = 5'000'000'000;  ///< From the start of the stuck request; 0 = never.
  std::uint64_t boot_timeout_ns = 10'000'000'000;
  /// How long a start goes on while no worker can boot, but one may later.
  std::uint64_t boot_patience_ns = 30'000'000'000;
  std::uint64_t drain_timeout_ns = 30'000'000'000;
  LogFormat log_format = LogFormat::text;
};

}  // namespace forkscope::supervisor
