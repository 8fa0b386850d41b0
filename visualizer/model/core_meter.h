// Utilisation of each core, from the difference of two looks at /proc/stat (proc(5)).
//
// Main thread only. Reads the file ten times per second at most; the figures span half a second,
// since the kernel counts in ticks of 10 ms.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace forkscope::model {

/// Clock ticks of one core since boot.
struct CoreTicks {
  std::uint32_t number = 0;
  std::uint64_t busy = 0;
  std::uint64_t all = 0;
};

/// The "cpuN" lines of /proc/stat. Waiting for a disk is not busy; guests count as user time.
std::vector<CoreTicks> parse_proc_stat(std::string_view text);

struct CoreUse {
  std::uint32_t number = 0;
  double utilisation = 0;  ///< 0 … 1.
};

class CoreMeter {
 public:
  /// Cheap: looks at the file only when the latest look is old enough.
  void sample(std::uint64_t now_ns);
  /// By number; empty before the second look.
  const std::vector<CoreUse>& cores() const { return cores_; }

 private:
  struct Look {
    std::uint64_t time_ns;
    std::vector<CoreTicks> ticks;
  };
  std::deque<Look> looks_;
  std::vector<CoreUse> cores_;
};

}  // namespace forkscope::model
