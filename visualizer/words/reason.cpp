#include "words/reason.h"

#include <algorithm>
#include <utility>

#include "words/format.h"

namespace forkscope::words {

using history::Change;
using history::ChangeKind;
using history::Incident;
using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

constexpr std::uint64_t kYetNs = 60'000'000'000;  // nobody says "yet" for longer

std::pair<std::uint32_t, std::uint32_t> process_of(const WorkerReport& worker) {
  return {worker.number, worker.generation};
}

}  // namespace

Reasons::Reasons(const history::History& history, std::uint64_t time_ns,
                 const picture::Snapshot& now, const std::vector<Incident>& incidents)
    : history_(history),
      time_ns_(time_ns),
      now_(now),
      incidents_(incidents),
      changes_(history::recent_changes(history, time_ns)),
      served_(history.share(time_ns, history::kRateNs)) {}

std::string Reasons::of(const WorkerReport& worker) const {
  if (now_.attachment != picture::Attachment::live) return {};
  if (worker.state == WorkerState::draining || picture::ended_as_planned(worker)) {
    return of_leaving(worker);
  }
  for (const Change& change : changes_) {
    if (change.open() && change.extra == process_of(worker)) return "stands in during the reload";
  }
  const bool serves = worker.state == WorkerState::idle || worker.state == WorkerState::busy;
  return serves && !worker.in_flight ? of_quiet(worker) : "";
}

std::string Reasons::of_leaving(const WorkerReport& worker) const {
  if (now_.server.draining) return "leaves: the server stops";
  for (const Change& change : changes_) {
    if (change.extra == process_of(worker)) return "leaves: it stood in during the reload";
    if (!change.leaving.contains(process_of(worker))) continue;
    return change.kind == ChangeKind::reload ? "leaves: its successor follows"
                                             : "leaves: fewer workers are wanted";
  }
  return {};
}

/// It has answered nothing in the last second. Where nobody has, there is nothing to explain.
std::string Reasons::of_quiet(const WorkerReport& worker) const {
  const bool has_served = worker.number <= served_.size() && served_[worker.number - 1] > 0;
  if (has_served || !others_serve(worker.number)) return {};
  if (worker.connections > 0) {
    return worker.connections == 1
               ? "its client asks nothing now"
               : "its " + grouped(worker.connections) + " clients ask nothing now";
  }
  // Since when it could have had clients, and whether those that it had before went on elsewhere.
  std::uint64_t since_ns = worker.ready_ns;
  bool had_clients = false;
  for (const Incident& incident : incidents_) {
    if (incident.worker != worker.number || incident.open() || incident.back_ns < since_ns)
      continue;
    since_ns = incident.back_ns;
    had_clients = incident.moved > 0;
  }
  const bool is_new = since_ns != 0 && since_ns <= time_ns_ && time_ns_ - since_ns < kYetNs;
  const std::size_t bins = is_new ? history::bin_of(time_ns_) - history::bin_of(since_ns) : 0;
  if (!is_new || history_.served(worker.number, time_ns_, bins) > 0) {
    return "no client has a connection here";
  }
  return had_clients ? "no client has come back yet" : "no client has come yet";
}

bool Reasons::others_serve(std::uint32_t number) const {
  for (std::size_t i = 0; i < served_.size(); ++i) {
    if (i + 1 != number && served_[i] > 0) return true;
  }
  return false;
}

}  // namespace forkscope::words
