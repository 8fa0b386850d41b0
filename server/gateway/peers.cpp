#include "gateway/peers.h"

#include <chrono>

#include "os/deadline.h"

namespace forkscope::gateway {

namespace {

constexpr std::chrono::milliseconds kMostBusy{50};
constexpr std::chrono::milliseconds kMoment{1};

bool is_in(const telemetry::Progress& progress, telemetry::Phase phase) {
  return progress.phase == static_cast<std::uint64_t>(phase);
}

/// The application has it, or the disk. In its loop it only waits for a core.
bool may_be_stuck(const telemetry::Progress& progress) {
  return is_in(progress, telemetry::Phase::handling) ||
         is_in(progress, telemetry::Phase::committing);
}

}  // namespace

bool is_available(const telemetry::SegmentView& view, std::uint32_t slot, std::uint64_t now_ns) {
  const telemetry::Progress progress = view.progress(slot);
  if (progress.ready_ns == 0 || progress.draining != 0) return false;
  if (may_be_stuck(progress) &&
      os::Deadline::after(progress.busy_since_ns, kMostBusy).has_passed(now_ns)) {
    return false;
  }
  const auto roster = view.roster(slot);
  return roster && roster->state == static_cast<std::uint64_t>(telemetry::RosterState::ready);
}

bool is_free_again(const telemetry::SegmentView& view, std::uint32_t slot, std::uint64_t now_ns) {
  if (may_be_stuck(view.progress(slot)) || view.counters(slot).connections_open > 1) return false;
  const auto served = view.requests(slot).latest();
  return served && !os::Deadline::after(served->end_ns, kMoment).has_passed(now_ns);
}

}  // namespace forkscope::gateway
