// Whether the primary still lives, by a pidfd: a bare pid may come to mean another process.
//
// Owns the pidfd. Main thread only; no call blocks.
#pragma once

#include <cstdint>

#include "os/unique_fd.h"

namespace forkscope::live {

class PrimaryWatch {
 public:
  enum class Life {
    alive,
    gone,
    unknown,  ///< Not visible from here (another pid namespace): only its heartbeat can tell.
  };

  /// `start_ticks`: field 22 of /proc/<pid>/stat, from the segment's header. It is compared after
  /// the pidfd is open, so that the process that is watched is the one that was meant.
  PrimaryWatch(std::uint32_t pid, std::uint64_t start_ticks);

  Life life() const;

 private:
  os::UniqueFd pidfd_;
};

}  // namespace forkscope::live
