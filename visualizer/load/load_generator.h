// The built-in load generator: real HTTP requests over real sockets, from a thread of its own.
//
// With a rate the arrivals are an open loop: requests fall due at even distances whether or not
// the server keeps up, as they do when many people know nothing of each other. A stall then shows
// as a queue, and a latency counts from the moment when its request was due, not from when a
// connection was free to send it: whoever measures from the sending leaves out all those that a
// stall kept from being sent ("coordinated omission").
//
// Flat out, without a rate, each connection sends its next request when it has its answer: a closed
// loop, whose latencies count from the sending.
//
// Requests that are "fresh" have a connection each, as those of many people have: opened when the
// request is due, over which the server is asked to end it. Its latency counts the connect as well.
//
// Whatever becomes of a connection, it is opened again. It is broken when it ends while a request
// waits for its answer, whoever ended it. One that the server ends between two requests, with or
// without a word ("Connection: close"), has cost nothing but a connect, and is counted apart.
// Every function returns at once: stopping waits for a round of the thread, in which nothing
// blocks. Call them from one thread.
#pragma once

#include <memory>

#include "load/load_options.h"

namespace forkscope::load {

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
