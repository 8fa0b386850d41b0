// Waiting for what a server shows from outside: in its log, and of its workers. Each wait has the
// deadline of wait_until().
#pragma once

#include <chrono>
#include <string>

#include "support/server_process.h"
#include "support/wait_until.h"

namespace forkscope::support {

inline long count_in(const std::string& log, const std::string& text) {
  long count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
  return count;
}

/// False when it has not said so in time.
inline bool wait_for_log(const ServerProcess& server, const std::string& text) {
  return wait_until([&] { return count_in(server.log(), text) > 0; });
}

/// The pid of whoever follows `last` as worker `number`, or 0 when that was nobody in time. It is
/// what one look has shown: the one that a first look sees may be dead by the second, and a pid of
/// 0 is for kill(2) the whole process group of the test.
inline pid_t wait_for_successor(const ServerProcess& server, int number, pid_t last) {
  pid_t found = 0;
  wait_until([&] {
    const pid_t pid = server.worker_pid(number);
    if (pid != last) found = pid;
    return found != 0;
  });
  return found;
}

/// Until that process of the worker has nothing to do. False when that was not so in time.
inline bool wait_for_generation(const ServerProcess& server, int number, int generation) {
  return wait_until([&] {
    const auto worker = server.worker(number);
    return worker["generation"] == generation && worker["state"] == "idle";
  });
}

/// Until none of the workers has anything to do, or a connection: that by which the server was
/// found to be ready is still being closed when the test begins. False when that was not so in
/// time.
inline bool wait_for_quiet(const ServerProcess& server, int workers) {
  return wait_until([&] {
    for (int number = 1; number <= workers; ++number) {
      const auto worker = server.worker(number);
      if (worker["state"] != "idle" || worker["connections"] != 0) return false;
    }
    return true;
  });
}

/// Until the primary has had an eye on the worker for that much longer, by its own clock: for what
/// the primary must not do to it in that time. False when the worker did not live for so long.
inline bool wait_while_watched(const ServerProcess& server, int number,
                               std::chrono::milliseconds duration) {
  const auto begin = server.worker(number);
  const double end_ms = begin["uptime_ms"].get<double>() + static_cast<double>(duration.count());
  return wait_until(
             [&] {
               const auto now = server.worker(number);
               return now["pid"] != begin["pid"] || now["uptime_ms"] > end_ms;
             },
             duration + std::chrono::seconds(10)) &&
         server.worker(number)["pid"] == begin["pid"];
}

/// The number of the first of `workers` of which `is_it(entry of the status)` holds, or 0 when that
/// was none in time.
template <typename Predicate>
int wait_for_worker(const ServerProcess& server, int workers, Predicate is_it) {
  int found = 0;
  wait_until([&] {
    for (int number = 1; number <= workers && found == 0; ++number) {
      if (is_it(server.worker(number))) found = number;
    }
    return found != 0;
  });
  return found;
}

/// The worker that hangs, for tests that make one hang and cannot know which.
inline int wait_for_hang(const ServerProcess& server, int workers) {
  return wait_for_worker(server, workers,
                         [](const auto& worker) { return worker["state"] == "hung"; });
}

/// The worker that has a request in its hands.
inline int wait_for_request(const ServerProcess& server, int workers) {
  return wait_for_worker(server, workers,
                         [](const auto& worker) { return worker["in_flight"] != nullptr; });
}

}  // namespace forkscope::support
