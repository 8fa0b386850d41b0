// Utilisation of each core, from the difference of two looks at /proc/stat (proc(5)).
//
// Main thread only. Reads the file ten times per second at most; the figures span half a second,
// since the kernel counts in ticks of 10 ms.
//
// Workers say which core they are on by the kernel's number. In a container, /proc/stat may be made
// up by lxcfs(1), which numbers the cores that the container may use from 0: core 1 alone is
// its "cpu0". So the numbers are compared with those that the kernel lets the container use.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkscope::live {

/// Clock ticks of one core since boot.
struct CoreTicks {
  std::uint32_t number = 0;
  std::uint64_t busy = 0;
  std::uint64_t all = 0;
};

/// The "cpuN" lines of /proc/stat. Waiting for a disk is not busy; guests count as user time.
std::vector<CoreTicks> parse_proc_stat(std::string_view text);

/// The cores that this container may use, by the kernel's numbers, ascending and online: those of
/// its first process, which nobody has pinned to some of them (sched_getaffinity(2)).
std::vector<std::uint32_t> allowed_cores();

/// `cores` as the kernel numbers them. When one of `allowed` is not among them, they are numbered
/// anew; when that does not tell which is which either, there are none: a share of CPU time that
/// lxcfs has dealt out (its option --enable-cfs) is that of no core.
std::vector<CoreTicks> with_kernel_numbers(std::vector<CoreTicks> cores,
                                           std::span<const std::uint32_t> allowed);

struct CoreUse {
  std::uint32_t number = 0;
  double utilisation = 0;  ///< 0 … 1.
};

class CoreMeter {
 public:
  explicit CoreMeter(std::string proc_stat = "/proc/stat") : proc_stat_(std::move(proc_stat)) {}

  /// Cheap: looks at the file only when the latest look is old enough.
  void sample(std::uint64_t now_ns);
  /// By the kernel's number; empty before the second look, and where the numbers are not known.
  const std::vector<CoreUse>& cores() const { return cores_; }

 private:
  struct Look {
    std::uint64_t time_ns;
    std::vector<CoreTicks> ticks;
  };
  std::string proc_stat_;
  std::deque<Look> looks_;
  std::vector<CoreUse> cores_;
};

}  // namespace forkscope::live
