// What load to make, and what came of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace forkscope::load {

/// What is asked for. Without a query: the telemetry, from which it may be known, has none.
struct Target {
  std::string method = "GET";  ///< Or "POST": with a todo for /v1/todos, otherwise without a body.
  std::string path = "/v1/todos";

  bool operator==(const Target&) const = default;
};

/// "GET /v1/todos"
inline std::string described(const Target& target) { return target.method + ' ' + target.path; }

/// A request that takes long: of uneven work.
inline const Target kLongRequest{"GET", "/v1/faults/work?ms=20"};

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::uint32_t connections = 16;
  double requests_per_second = 0;  ///< 0 = flat out.
  Target target;
  double post_share = 0.1;  ///< 0 … 1: POST /v1/todos instead of the target.
  double long_share = 0;    ///< 0 … 1: kLongRequest instead of either.
  /// Each request goes over a connection of its own, which is opened when it is due.
  bool fresh = false;
};

/// What the key L fires unless the user has chosen something else: plain to see, and far from what
/// a server can take.
inline LoadOptions moderate_load(std::size_t workers) {
  LoadOptions options;
  options.requests_per_second = 2'000;
  options.connections = std::max(16U, 4 * static_cast<std::uint32_t>(workers));
  return options;
}

/// The clients of a run as they are, or were until its stop.
struct LoadStatus {
  bool running = false;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  // What its own clients saw go wrong, whatever the server counts. Each is counted once.
  std::uint64_t broken = 0;  ///< Connections that ended while a request waited for its answer.
  std::uint64_t failed = 0;  ///< Requests answered with another status than 2xx, or with nonsense.
  std::uint64_t failed_status = 0;  ///< Of the latest of them; 0: none had one.
  std::uint64_t ended = 0;    ///< Connections that the server ended at rest: nothing was asked.
  std::uint64_t refused = 0;  ///< Attempts to connect that were in vain.

  std::uint64_t waiting = 0;         ///< Requests that are due or sent, without an answer so far.
  std::uint64_t oldest_wait_ns = 0;  ///< For how long the one among them that is due longest.
  double requests_per_second = 0;    ///< Answered in the last second.
  // Of what was answered in the last five seconds; see load_generator.h for from when.
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t max_ns = 0;

  /// Since the start of the run.
  struct Whole {
    std::uint64_t p50_ns = 0;
    std::uint64_t p99_ns = 0;
    std::uint64_t longest_ns = 0;  ///< Of all waits, those that got no answer as well.
    /// How many requests each worker has answered, by its number, as the X-Worker of the answers
    /// has it; those without one are at 0.
    std::vector<std::uint64_t> by_worker = {};
  };
  Whole whole = {};
};

}  // namespace forkscope::load
