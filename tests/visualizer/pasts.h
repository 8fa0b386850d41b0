// What a server has been through, as histories of plain values: the scenario of the golden images,
// and more trouble than a class will ever see.
#pragma once

#include <cstdint>

#include "history/history.h"

namespace forkscope::visualizer_test {

/// Made once for each number of workers, and kept.
struct Past {
  history::History history;
  std::uint64_t start_ns = 0;  ///< CLOCK_MONOTONIC.

  /// The scenario (scenario.h), with connections that move.
  static const Past& of_scenario(std::uint32_t workers);
  /// Four seconds with workers in every state. Worker 2 was stopped in a request with a long name,
  /// worker 1 dies again and again, a reload and a scaling are under way.
  static const Past& of_trouble(std::uint32_t workers);
  /// Two seconds of workers that run a program, which tells nothing.
  static const Past& of_silence(std::uint32_t workers);
};

}  // namespace forkscope::visualizer_test
