// Waiting for what a server shows from outside: in its log, and of its workers. Each wait has the
// deadline of wait_until().
#pragma once

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
