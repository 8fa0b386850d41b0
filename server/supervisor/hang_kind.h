// How a worker hangs: it spins, it is blocked, or a signal has stopped it. Told from two looks at
// /proc/<pid>/stat (proc(5)): one when it first seems stuck, one when it is declared hung.
//
// One per worker process, in the primary. Reads neither a clock nor a file.
#pragma once

#include <cstdint>
#include <optional>

#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/process_stat.h"

namespace forkscope::supervisor {

class HangSuspicion {
 public:
  bool is_raised() const { return since_ns_.has_value(); }
  void raise(const telemetry::ProcessStat& first_look, std::uint64_t now_ns);
  void drop() { since_ns_.reset(); }

  /// While it is raised: by what the process has done since.
  telemetry::HangKind kind(const telemetry::ProcessStat& second_look, std::uint64_t now_ns) const;

 private:
  std::optional<std::uint64_t> since_ns_;  ///< Nothing: there is no suspicion.
  std::uint64_t cpu_ticks_ = 0;
};

}  // namespace forkscope::supervisor
