// What the primary can be told. options/ makes one from argv and environment.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "forkscope/telemetry/layout.h"

namespace forkscope::supervisor {

enum class LogFormat { text, json };

struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: the kernel chooses.
  /// A listening socket that was inherited (systemd's socket activation), instead of host and port,
  /// which then only say where it listens; -1: none.
  int inherited_socket = -1;
  std::uint32_t workers = 1;
  std::chrono::nanoseconds hang_after = std::chrono::seconds(2);
  /// From the start of the stuck request; nothing: a hung worker is never killed.
  std::optional<std::chrono::nanoseconds> kill_after = std::chrono::seconds(5);
  std::chrono::nanoseconds boot_timeout = std::chrono::seconds(10);
  /// How long a start goes on while no worker can boot, but one may later.
  std::chrono::nanoseconds boot_patience = std::chrono::seconds(30);
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(30);
  /// Who takes a new connection. Can be switched while the server runs.
  telemetry::BalancePolicy balance = telemetry::BalancePolicy::least;
  /// Connections outlive their worker, and go on at others. Can be switched while the server runs.
  bool protect = true;
  LogFormat log_format = LogFormat::text;
};

/// How many workers a server has numbers for that begins with so many: what it can be scaled to.
constexpr std::uint32_t slots_for(std::uint32_t workers) {
  return std::clamp<std::uint32_t>(2 * workers, 32, telemetry::kMaxSlots);
}

}  // namespace forkscope::supervisor
