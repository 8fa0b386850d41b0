// What a server costs its machine.
#pragma once

#include <cstdint>
#include <optional>

#include "picture/snapshot.h"

namespace forkscope::live {

/// CPU time of all threads of the primary and of the workers that it has now, since they began:
/// nanoseconds, from /proc/<pid>/task/*/schedstat (Documentation/scheduler/sched-stats.rst of the
/// kernel). Nothing where that cannot be read, or another process has the primary's number, as in
/// another pid namespace.
std::optional<std::uint64_t> server_cpu_ns(const picture::Snapshot& now);

}  // namespace forkscope::live
