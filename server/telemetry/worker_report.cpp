#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// The state that the primary tells, and for a ready worker what it tells itself: idle or busy.
WorkerState state_of(const RosterRecord& roster, const Progress& progress) {
  switch (static_cast<RosterState>(roster.state)) {
    case RosterState::starting: return WorkerState::starting;
    case RosterState::ready:
      if (progress.draining == 1) return WorkerState::draining;
      return progress.phase == static_cast<std::uint64_t>(Phase::idle) ? WorkerState::idle
                                                                       : WorkerState::busy;
    case RosterState::hung: return WorkerState::hung;
    case RosterState::aborting: return WorkerState::aborting;
    case RosterState::draining: return WorkerState::draining;
    case RosterState::dead: return WorkerState::dead;
    case RosterState::backoff: return WorkerState::backoff;
    case RosterState::unused: break;
  }
  return WorkerState::unknown;
}

bool has_process(WorkerState state) {
  return state != WorkerState::dead && state != WorkerState::backoff;
}

std::optional<ExitReport> exit_of(const RosterRecord& roster) {
  const auto cause = static_cast<ExitCause>(roster.exit_cause);
  if (cause != ExitCause::exited && cause != ExitCause::signaled) return std::nullopt;
  return ExitReport{cause,
                    roster.exit_code,
                    (roster.exit_flags & kExitWasHung) != 0,
                    (roster.exit_flags & kExitCoreDumped) != 0,
                    roster.abandoned_last,
                    roster.exit_ns};
}

std::uint64_t elapsed(std::uint64_t since_ns, std::uint64_t now_ns) {
  return since_ns != 0 && now_ns > since_ns ? now_ns - since_ns : 0;
}

}  // namespace

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::starting: return "starting";
    case WorkerState::idle: return "idle";
    case WorkerState::busy: return "busy";
    case WorkerState::hung: return "hung";
    case WorkerState::aborting: return "aborting";
    case WorkerState::draining: return "draining";
    case WorkerState::dead: return "dead";
    case WorkerState::backoff: return "backoff";
    case WorkerState::unknown: break;
  }
  return "unknown";
}

double requests_per_second(const LaneReader<RequestRecord>& requests, std::uint64_t now_ns) {
  const std::uint64_t head = requests.head();
  const std::uint64_t since = now_ns > kSecondNs ? now_ns - kSecondNs : 0;
  // Record times ascend, so the first one inside the last second is found by halving. What is
  // overwritten meanwhile counts as old.
  std::uint64_t low = head > requests.capacity() ? head - requests.capacity() + 1 : 0;
  const std::uint64_t oldest = low;
  std::uint64_t high = head;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto record = requests.read(middle);
    if (record && record->end_ns >= since) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const auto count = static_cast<double>(head - low);
  if (low > oldest || oldest == 0) return count;
  // Even the oldest record is younger than a second: scale up by the time that the lane spans.
  const auto first = requests.read(low);
  if (!first || first->end_ns >= now_ns) return count;
  return count * static_cast<double>(kSecondNs) / static_cast<double>(now_ns - first->end_ns);
}

std::optional<WorkerReport> report_worker(const SegmentView& view, std::uint32_t slot,
                                          std::uint64_t now_ns) {
  const auto roster = view.roster(slot);
  if (!roster || roster->state == static_cast<std::uint64_t>(RosterState::unused)) {
    return std::nullopt;
  }
  const Progress progress = view.progress(slot);
  const Counters counters = view.counters(slot);

  WorkerReport report;
  report.number = slot + 1;
  report.generation = roster->generation;
  report.state = state_of(*roster, progress);
  report.phase = static_cast<Phase>(progress.phase);
  report.state_since_ns = roster->state_since_ns;
  report.core = static_cast<std::uint32_t>(progress.last_core);
  report.connections = counters.connections_open;
  report.queue_length = roster->queue_length;
  report.queue_limit = roster->queue_limit;
  report.requests = view.requests_total(slot);
  report.requests_per_second = requests_per_second(view.requests(slot), now_ns);
  report.respawns = roster->respawns;
  report.hangs = roster->hangs;
  report.exceptions = counters.exceptions;
  report.last_exit = exit_of(*roster);
  if (view.header().runs_program == 1) {
    report.program =
        ProgramReport{counters.reports, counters.reports_ignored, view.begun_and_not_ended(slot)};
  }
  if (has_process(report.state)) {
    report.pid = roster->pid;
    report.uptime_ns = elapsed(roster->forked_ns, now_ns);
    report.ready_ns = roster->ready_ns;
    report.in_flight = view.in_flight(slot);
    if (report.state != WorkerState::idle && report.state != WorkerState::starting) {
      report.busy_since_ns = progress.busy_since_ns;
    }
  }
  if (report.state == WorkerState::hung || report.state == WorkerState::aborting) {
    report.hang_kind = static_cast<HangKind>(roster->hang_kind);
    report.stuck_since_ns = roster->stuck_since_ns;
    report.kill_at_ns = roster->kill_at_ns;
    if (roster->hung_core_known == 1) report.core = roster->hung_core;
  }
  return report;
}

std::vector<WorkerReport> report_workers(const SegmentView& view, std::uint64_t now_ns) {
  std::vector<WorkerReport> workers;
  for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
    if (auto report = report_worker(view, slot, now_ns)) workers.push_back(std::move(*report));
  }
  return workers;
}

}  // namespace forkscope::telemetry
