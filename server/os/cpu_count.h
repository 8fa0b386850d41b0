// How many CPUs this process may use.
#pragma once

#include <string>

namespace forkscope::os {

/// The smaller of the affinity mask (sched_getaffinity(2)) and the cgroup's quota, rounded up; at
/// least 1. `cgroup_root` is a parameter for tests.
unsigned usable_cpus(const std::string& cgroup_root = "/sys/fs/cgroup");

}  // namespace forkscope::os
