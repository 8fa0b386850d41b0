#include "words/look.h"

#include "picture/snapshot.h"

namespace forkscope::words {

using telemetry::WorkerState;

namespace {

constexpr std::size_t kBusyBins = 5;
static_assert(kBusyBins * history::kBinNs == 500'000'000);

}  // namespace

Look look_of(const telemetry::WorkerReport& worker, std::uint64_t now_ns, bool served_lately) {
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
  if (worker.in_flight && now_ns > worker.in_flight->start_ns + kSlowNs) return Look::slow;
  if (worker.generation > 1 && worker.uptime_ns < kFreshNs) return Look::fresh;
  return worker.in_flight || served_lately ? Look::busy : Look::idle;
}

Look look_at(const history::History& history, const telemetry::WorkerReport& worker,
             std::uint64_t time_ns, std::uint64_t picture_ns) {
  return look_of(worker, picture_ns, history.served(worker.number, time_ns, kBusyBins) > 0);
}

std::string_view word(Look look) {
  switch (look) {
    case Look::idle: return "idle";
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
