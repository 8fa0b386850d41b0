#include "words/look.h"

#include <algorithm>

#include "picture/snapshot.h"

namespace forkscope::words {

using telemetry::WorkerState;

namespace {

constexpr std::uint64_t kSecondsBefore = 4;

/// Requests that ended in the best of the seconds before the last one.
double best_before(const history::History& history, std::uint32_t number, std::uint64_t time_ns,
                   std::size_t bins) {
  double best = 0;
  for (std::uint64_t second = 1; second <= kSecondsBefore; ++second) {
    const std::uint64_t end_ns = time_ns - std::min(time_ns, second * history::kRateNs);
    best = std::max(best, history.served(number, end_ns, bins));
  }
  return best;
}

bool answers_hundreds(const Activity& activity) {
  const bool was_busy = activity.before >= kBusyRequests;
  return activity.served >= (was_busy ? kStillBusyRequests : kBusyRequests);
}

}  // namespace

Look look_of(const telemetry::WorkerReport& worker, std::uint64_t now_ns,
             const Activity& activity) {
  if (picture::ended_as_planned(worker)) return Look::draining;
  switch (worker.state) {
    case WorkerState::hung: return Look::hung;
    case WorkerState::aborting: return Look::aborting;
    case WorkerState::dead: return Look::dead;
    case WorkerState::backoff: return Look::backoff;
    case WorkerState::draining: return Look::draining;
    case WorkerState::starting: return Look::starting;
    case WorkerState::unknown: return Look::unknown;
    case WorkerState::idle:
    case WorkerState::busy: break;
  }
  // While a program's event loop goes on, what it has in hand waits for something else.
  const bool waits_elsewhere = worker.program && worker.state == WorkerState::idle;
  if (worker.in_flight && !waits_elsewhere &&
      now_ns > worker.in_flight->start_ns + picture::kSlowNs) {
    return Look::slow;
  }
  if ((worker.generation > 1 || activity.joined) && worker.uptime_ns < kFreshNs) return Look::fresh;
  if (!worker.in_flight && activity.served == 0) return Look::idle;
  const bool busy = activity.busy_share >= kBusyShare || answers_hundreds(activity);
  return busy ? Look::busy : Look::active;
}

Look look_at(const history::History& history, const telemetry::WorkerReport& worker,
             std::uint64_t time_ns, std::uint64_t picture_ns) {
  constexpr std::size_t kRateBins = history::kRateNs / history::kBinNs;  // as the rate beside it
  const double found_now = worker.state == WorkerState::busy ? 1 : 0;
  const auto& workers = history.at(time_ns).workers;
  const bool joined = std::any_of(workers.begin(), workers.end(), [&](const auto& other) {
    return other.pid != 0 && other.uptime_ns > worker.uptime_ns + kFreshNs;
  });
  const double served = history.served(worker.number, time_ns, kRateBins);
  // Of who answers fewer it decides nothing.
  const double before =
      served < kStillBusyRequests ? 0 : best_before(history, worker.number, time_ns, kRateBins);
  return look_of(worker, picture_ns,
                 {joined, served, before,
                  history.busy_share(worker.number, time_ns, 2 * kRateBins).value_or(found_now)});
}

std::string_view word(Look look) {
  switch (look) {
    case Look::idle: return "idle";
    case Look::active: return "active";
    case Look::busy: return "busy";
    case Look::slow: return "slow";
    case Look::fresh: return "NEW";
    case Look::starting: return "starts";
    case Look::draining: return "draining";
    case Look::hung: return "HUNG";
    case Look::aborting: return "ABORT";
    case Look::dead: return "DEAD";
    case Look::backoff: return "WAITS";
    case Look::unknown: break;
  }
  return "unknown";
}

std::string_view shape(Look look) {
  switch (look) {
    case Look::idle: return "○";
    case Look::active: return "◉";
    case Look::busy: return "●";
    case Look::slow: return "▲";
    case Look::fresh:
    case Look::starting: return "✚";
    case Look::draining: return "◐";
    case Look::hung:
    case Look::aborting: return "▨";
    case Look::dead:
    case Look::backoff: return "✖";
    case Look::unknown: break;
  }
  return "?";
}

}  // namespace forkscope::words
