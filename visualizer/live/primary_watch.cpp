#include "live/primary_watch.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forkscope/telemetry/process_stat.h"

namespace forkscope::live {

PrimaryWatch::PrimaryWatch(std::uint32_t pid, std::uint64_t start_ticks)
    : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {  // glibc 2.36 has no wrapper
  if (telemetry::process_start_ticks(pid) != start_ticks) pidfd_.reset();
}

PrimaryWatch::Life PrimaryWatch::life() const {
  if (!pidfd_) return Life::unknown;
  pollfd entry{pidfd_.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0 ? Life::gone : Life::alive;  // pidfd_open(2): readable at exit
}

}  // namespace forkscope::live
