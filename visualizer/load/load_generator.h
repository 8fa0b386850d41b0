// The built-in load generator: real HTTP requests over real sockets, from a thread of its own.
//
// Closed loop per connection: each of `connections` keep-alive connections sends the next request
// when it has its answer; with a rate, requests are spread evenly over the connections instead.
// A connection that breaks (its worker was killed) is counted as an error and opened again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace forkscope::load {

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::uint32_t connections = 16;
  double requests_per_second = 0;  ///< 0 = flat out.
  double post_share = 0.1;         ///< 0 … 1: POST /v1/todos instead of GET /v1/todos.
};

struct LoadStatus {
  bool running = false;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t errors = 0;   ///< Broken connections and 5xx.
  std::uint64_t waiting = 0;  ///< Requests without an answer so far.
  double requests_per_second = 0;
};

class LoadGenerator {
 public:
  LoadGenerator();
  ~LoadGenerator();  ///< Stops it.
  void start(const LoadOptions& options);
  void stop();
  LoadStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forkscope::load
