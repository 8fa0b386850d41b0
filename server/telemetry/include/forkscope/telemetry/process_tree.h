// A process and all that descend from it, as /proc tells their parents: what belongs to a worker
// that runs a program. Any process may ask.
//
// Takes a look at every process of the machine, some ten microseconds each: nothing to do often.
// Those that begin or end meanwhile may be missing.
#pragma once

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/process_stat.h"

namespace forkscope::telemetry {

struct TreeProcess {
  std::uint32_t pid = 0;
  ProcessStat stat;
};

/// `root` first, and parents before their children; empty where there is no such process.
std::vector<TreeProcess> process_tree(std::uint32_t root);

/// What a whole tree does, without its root, which only looks on: the CPU time of all; the state
/// and core of one that runs, or else of one that sleeps, or else of any. `start_ticks` and
/// `parent` are the root's. Of a root without children it is what that does by itself.
ProcessStat tree_stat(const std::vector<TreeProcess>& tree);

}  // namespace forkscope::telemetry
