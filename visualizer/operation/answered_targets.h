// What a server has answered so far, as something that the load can ask it for.
//
// The telemetry keeps the last bytes of a path alone: a longer one is not known, and left out. So
// are faults and what those ask who watch the server, which are no load. Plain value, bounded.
#pragma once

#include <span>
#include <vector>

#include "load/load_options.h"
#include "picture/snapshot.h"

namespace forkscope::operation {

class AnsweredTargets {
 public:
  /// Takes in what has been answered since the call before.
  void add(std::span<const picture::Answer> answers);
  /// Those that were answered with 2xx, in the order in which they were first seen.
  const std::vector<load::Target>& all() const { return targets_; }

 private:
  static constexpr std::size_t kMost = 16;

  std::vector<load::Target> targets_;
};

}  // namespace forkscope::operation
