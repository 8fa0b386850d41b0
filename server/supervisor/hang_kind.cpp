#include "supervisor/hang_kind.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>

namespace forkscope::supervisor {

namespace {

std::uint64_t ticks_to_ns(std::uint64_t ticks) {
  return ticks * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace

void HangSuspicion::raise(const telemetry::ProcessStat& first_look, std::uint64_t now_ns) {
  since_ns_ = now_ns;
  cpu_ticks_ = first_look.cpu_ticks;
}

telemetry::HangKind HangSuspicion::kind(const telemetry::ProcessStat& second_look,
                                        std::uint64_t now_ns) const {
  assert(is_raised() && now_ns >= *since_ns_);
  if (second_look.state == 'T') return telemetry::HangKind::stopped;
  // On a crowded machine a spinning worker gets only a part of a core, but it is always runnable.
  const std::uint64_t cpu_ns =
      ticks_to_ns(second_look.cpu_ticks - std::min(second_look.cpu_ticks, cpu_ticks_));
  const bool burned = cpu_ns > (now_ns - *since_ns_) / 5;
  return burned || second_look.state == 'R' ? telemetry::HangKind::spin
                                            : telemetry::HangKind::blocked;
}

}  // namespace forkscope::supervisor
