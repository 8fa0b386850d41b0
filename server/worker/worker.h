// The whole life of a worker process: one call from the fork, which ends in its exit code.
//
// A worker has one thread, but for one of the store's that waits for the disk and does nothing
// else. It opens the store, registers the routes, tells the primary that it is ready, and serves
// until it is told to drain or dies. It never outlives the primary.
//
// There are two ways to drain. After SIGTERM the whole server stops: what runs is finished, and
// idle connections are closed at once. After child::kHandOverSignal only this worker goes: idle
// connections stay open for a moment, and their next request is answered with "Connection: close",
// so that no client loses a request.
#pragma once

#include <cstdint>
#include <string>

#include "bus/bus.h"
#include "child/child.h"
#include "gateway/event_loop.h"
#include "http/limits.h"
#include "http/trusted_proxies.h"

namespace forkscope::worker {

struct Settings {
  std::string database = {};
  bool faults_enabled = false;
  http::Limits limits;
  http::TrustedProxies trusted_proxies;
  bool pin = false;  ///< Each worker stays on one CPU, chosen by its number.
  /// So many workers, at most, send each other messages (bus/); 0: they do not.
  std::uint32_t messages_among = 0;
};

/// A worker with these settings, for the primary to fork. Throws std::system_error.
child::Child as_child(const Settings& settings);

/// Returns the process's exit code: 0 after a drain.
/// `board` is shared by all workers, and so is `bus`, where there is one.
int run(const Settings& settings, const child::Inheritance& inheritance,
        const gateway::LoadBoard& board, bus::Bus* bus);

}  // namespace forkscope::worker
