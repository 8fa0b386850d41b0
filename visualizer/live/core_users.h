// Who uses the cores: how much of each the workers, and who else most of the machine.
//
// From the processes' stat files (proc(5)): ten looks per second at the workers (at
// many, two), one at everybody.
// A process is counted where it was last seen to run. Main thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "picture/snapshot.h"

namespace forkscope::live {

/// One line of /proc/<pid>/stat.
struct ProcessTicks {
  std::string name;
  std::uint32_t parent = 0;
  std::uint64_t ticks = 0;  ///< User and system time of all its threads, since it began.
  std::uint64_t start = 0;  ///< Tells it from another one of the same pid.
  std::uint32_t core = 0;   ///< On which its first thread last ran.
};
std::optional<ProcessTicks> parse_process(std::string_view text);

class CoreUsers {
 public:
  explicit CoreUsers(std::string proc = "/proc");

  /// What belongs to a worker: its process, or all that descends from it as well, where it runs a
  /// program.
  enum class Worker { process, tree };
  /// Cheap: looks only when the latest look is old enough. Only children of `primary` are workers:
  /// in another pid namespace their pids are those of strangers. What a tree has grown by is known
  /// with the next look at everybody.
  void sample(std::uint64_t now_ns, std::uint32_t primary, std::span<const std::uint32_t> workers,
              Worker kind = Worker::process);

  /// What the workers have used of a core in the last half second; nothing where that is unknown.
  std::optional<double> own(std::uint32_t core) const;
  /// The core on which most of the worker's tree was last seen to run.
  std::optional<std::uint32_t> core_of(std::uint32_t worker) const;
  /// Programs that are none of the server's, by how much they have used in the last second, the
  /// busiest first; 1.0 = one core. Those that hardly use anything are not listed.
  const std::vector<picture::Program>& others() const { return others_; }

 private:
  using Processes = std::map<std::uint32_t, ProcessTicks>;  // by pid
  struct Look {
    std::uint64_t time_ns;
    std::map<std::uint32_t, std::uint64_t> ticks;  // by core, since the look before
  };

  std::optional<ProcessTicks> read(const std::string& pid) const;
  void look_at_workers(std::uint64_t now_ns, std::uint32_t primary,
                       std::span<const std::uint32_t> workers);
  void look_at_trees(Look& look);
  void look_at_all(std::uint64_t now_ns, std::uint32_t primary, Worker kind);
  std::map<std::uint32_t, std::uint32_t> trees_of(const Processes& everybody) const;

  std::string proc_;
  double ticks_per_second_;
  Processes workers_;                                 // at the latest look
  std::map<std::uint32_t, std::uint32_t> below_;      // to whose tree a process belongs, by pid
  Processes descendants_;                             // those, at the latest look
  std::map<std::uint32_t, std::uint32_t> tree_core_;  // by the worker's pid
  std::deque<Look> looks_;
  Processes all_;  // none of the server's
  std::uint64_t all_ns_ = 0;
  std::vector<picture::Program> others_;
};

}  // namespace forkscope::live
