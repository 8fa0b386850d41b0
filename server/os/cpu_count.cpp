#include "os/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <vector>

namespace forkscope::os {

namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

unsigned cpus_by_affinity() {
  // The mask's size is the kernel's, which may be larger than cpu_set_t: try until it fits.
  for (std::size_t cpus = 1024; cpus <= (std::size_t{1} << 18); cpus *= 2) {
    const std::size_t bytes = CPU_ALLOC_SIZE(cpus);
    std::vector<unsigned long> mask(bytes / sizeof(unsigned long));
    auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
    if (::sched_getaffinity(0, bytes, set) == 0) {
      return static_cast<unsigned>(CPU_COUNT_S(bytes, set));
    }
  }
  return 1;
}

/// cgroup v2: `cpu.max` is "quota period" or "max period", in microseconds; the strictest of all
/// ancestors counts.
double cpus_by_cgroup_v2(const std::string& root, std::string path) {
  double cpus = kUnlimited;
  while (true) {
    std::ifstream file(root + path + "/cpu.max");
    std::string quota;
    double period = 0;
    if (file >> quota >> period && quota != "max" && period > 0) {
      cpus = std::min(cpus, std::strtod(quota.c_str(), nullptr) / period);
    }
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return cpus;
    path.resize(slash);
  }
}

/// cgroup v1: two files; a quota of -1 means none.
double cpus_by_cgroup_v1(const std::string& directory) {
  std::ifstream quota_file(directory + "/cpu.cfs_quota_us");
  std::ifstream period_file(directory + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  return kUnlimited;
}

double cpus_by_cgroup(const std::string& root) {
  double cpus = cpus_by_cgroup_v1(root + "/cpu");
  std::ifstream groups("/proc/self/cgroup");  // "hierarchy:controllers:path" (cgroups(7))
  std::string line;
  while (std::getline(groups, line)) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      cpus = std::min(cpus, cpus_by_cgroup_v2(root, path == "/" ? "" : path));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      cpus = std::min(cpus, cpus_by_cgroup_v1(root + "/cpu" + path));
    }
  }
  return cpus;
}

}  // namespace

unsigned usable_cpus(const std::string& cgroup_root) {
  const double quota = std::ceil(cpus_by_cgroup(cgroup_root));
  const unsigned affinity = cpus_by_affinity();
  return std::max(1U, quota < affinity ? static_cast<unsigned>(quota) : affinity);
}

}  // namespace forkscope::os
