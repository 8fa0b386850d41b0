// One worker, as people see it: the one place where the words of the segment become a state.
// `/v1/workers`, the control socket's `status` and the visualizer all show this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/clock.h"  // IWYU pragma: export: a report is of a moment
#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/names.h"  // IWYU pragma: export
#include "forkscope/telemetry/segment_view.h"

namespace forkscope::telemetry {

enum class WorkerState { starting, idle, busy, hung, aborting, draining, dead, backoff, unknown };

/// The word for it, in lower case: "idle".
std::string_view to_string(WorkerState state);

struct ExitReport {
  ExitCause cause = ExitCause::none;
  std::uint32_t code = 0;  ///< Exit code or signal number.
  bool was_hung = false;
  bool core_dumped = false;
  std::uint32_t abandoned = 0;
  std::uint64_t time_ns = 0;
};

/// What a worker's program has told.
struct ProgramReport {
  std::uint64_t reports = 0;          ///< Lines that have been taken; all generations.
  std::uint64_t reports_ignored = 0;  ///< Lines that said nothing.
  std::uint64_t in_hand = 0;          ///< Requests that it has begun and not ended.
};

struct WorkerReport {
  std::uint32_t number = 0;  ///< From 1.
  std::uint32_t pid = 0;     ///< 0 while there is no process.
  std::uint32_t generation = 0;
  WorkerState state = WorkerState::unknown;
  Phase phase = Phase::booting;  ///< Of its event loop; while hung, what it hangs in.
  HangKind hang_kind = HangKind::none;
  std::uint64_t state_since_ns = 0;
  std::uint64_t stuck_since_ns = 0;  ///< While hung or aborting.
  std::uint64_t kill_at_ns = 0;      ///< While hung; 0 = never.
  std::uint64_t busy_since_ns = 0;   ///< While busy or hung.
  std::uint32_t core = 0;            ///< CPU that it last ran on; the primary looks where it hangs.
  std::uint64_t connections = 0;
  /// Connections that nobody has accepted yet, in the queue that is this worker's alone.
  std::uint32_t queue_length = 0;
  std::uint32_t queue_limit = 0;   ///< Room in it; 0 where it has none of its own.
  std::uint64_t requests = 0;      ///< All generations.
  double requests_per_second = 0;  ///< Over the last second.
  std::optional<InFlight> in_flight;
  std::uint64_t uptime_ns = 0;
  std::uint64_t ready_ns = 0;  ///< When it began to serve; 0 before.
  std::uint64_t respawns = 0;
  std::uint64_t hangs = 0;
  std::uint64_t exceptions = 0;  ///< Handlers that threw; all generations.
  std::optional<ExitReport> last_exit;
  std::optional<ProgramReport> program;  ///< Where workers run one.
};

/// `slot` below view.slot_count(). Nothing for a slot that has never been used.
/// `now_ns` is CLOCK_MONOTONIC.
std::optional<WorkerReport> report_worker(const SegmentView& view, std::uint32_t slot,
                                          std::uint64_t now_ns);
/// All used slots, by number.
std::vector<WorkerReport> report_workers(const SegmentView& view, std::uint64_t now_ns);

/// Requests that ended in the second before `now_ns`, from the newest records of the lane; an
/// estimate from the records' spacing when the lane holds less than a second.
double requests_per_second(const LaneReader<RequestRecord>& requests, std::uint64_t now_ns);

}  // namespace forkscope::telemetry
