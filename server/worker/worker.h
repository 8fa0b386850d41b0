// The whole life of a worker process: one call from the fork, which ends in its exit code.
//
// A worker has one thread, but for one of the store's that waits for the disk and does nothing
// else. It confines itself to its own slot of the telemetry segment, opens the store, registers the
// routes, tells the primary that it is ready, and serves until it is told to drain or dies. It
// never outlives the primary.
//
// Drained it is in two ways. SIGTERM: the server stops; what runs is finished, and connections that
// are idle are closed at once. kHandOverSignal: the others stay; idle connections get a moment, and
// their next request an answer with "Connection: close", so that no client loses one.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "gateway/event_loop.h"
#include "gateway/http_limits.h"
#include "gateway/trusted_proxies.h"
#include "os/event_fd.h"

namespace forkscope::worker {

inline constexpr int kHandOverSignal = SIGUSR2;
// Exit codes of a worker that could not start serving: it has told the primary why.
inline constexpr int kExitCannotBoot = 3;     ///< Trying again will not help,
inline constexpr int kExitCannotBootYet = 4;  ///< … or it may (gateway::NotYet).
/// What a worker says over its boot pipe when it serves, together with its application's heirlooms;
/// anything else is the reason why it cannot boot.
inline constexpr char kReadyMark = '\n';

struct Settings {
  std::string database = "todos.db";
  bool faults_enabled = false;
  gateway::Balance balance = gateway::Balance::shared;
  gateway::HttpLimits limits;
  gateway::TrustedProxies trusted_proxies;
  bool pin = false;  ///< Each worker stays on one CPU, chosen by its number.
};

/// What a worker inherits.
struct Inheritance {
  std::uint32_t slot = 0;
  std::uint32_t generation = 1;
  const telemetry::Segment* segment = nullptr;
  int listening_socket = -1;
  const std::vector<os::EventFd>* wake = nullptr;  ///< One per slot.
  int boot_pipe = -1;  ///< The worker's end; closed once the primary knows.
  std::vector<int>
      heirlooms;  ///< Of the application in an earlier worker; see gateway::Application.
};

/// Returns the process's exit code: 0 after a drain.
int run(const Settings& settings, const Inheritance& inheritance);

}  // namespace forkscope::worker
