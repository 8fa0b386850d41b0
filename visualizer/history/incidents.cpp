#include "history/incidents.h"

#include <algorithm>
#include <utility>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"

namespace forkscope::history {

using telemetry::EventRecord;
using telemetry::LifeStep;

namespace {

constexpr std::size_t kMaxIncidents = 256;
/// In a crash loop an incident changes without end: first and last changes are kept.
constexpr std::size_t kMaxVersions = 64;

/// What it hangs in: a request, or a phase of the event loop.
void note_place(Incident& incident, const EventRecord& hung) {
  telemetry::HungIn place = telemetry::hung_in(telemetry::event_text(hung));
  incident.request = std::move(place.request);
  incident.phase = std::move(place.phase);
}

void close(Incident& incident, std::uint64_t time_ns, std::uint64_t served_total) {
  incident.back_ns = time_ns;
  incident.served_at_end = std::max(served_total, incident.served_at_start);
}

}  // namespace

void Incidents::add(const EventRecord& event) {
  if (static_cast<telemetry::EventKind>(event.kind) == telemetry::EventKind::shutdown) {
    stopping_ = true;
    return;
  }
  if (event.worker == 0) return;

  Life& life = lives_[event.worker];
  const Life before = life;
  life.generation = std::max(life.generation, event.generation);
  note_successor(event);
  switch (telemetry::traits_of(event).step) {
    case LifeStep::hangs: declare_hung(event); break;
    case LifeStep::goes_on:
      if (Incident* incident = find(event)) {
        incident->recovered = true;
        close(*incident, event.time_ns, event.served_total);
        keep(*incident, event.time_ns);
      }
      break;
    case LifeStep::aborted:
      if (Incident* incident = find(event)) {
        incident->abort_ns = event.time_ns;
        keep(*incident, event.time_ns);
      }
      break;
    case LifeStep::killed:
      if (Incident* incident = find(event)) {
        incident->kill_ns = event.time_ns;
        keep(*incident, event.time_ns);
      }
      break;
    case LifeStep::leaves:
      life.leaving_generation = std::max(life.leaving_generation, event.generation);
      break;
    case LifeStep::ends: end_process(event, before); break;
    case LifeStep::moves: note_move(event); break;
    case LifeStep::begins:
    case LifeStep::serves:
    case LifeStep::waits:
    case LifeStep::none: break;
  }
}

void Incidents::worker_removed(std::uint32_t worker, std::uint64_t time_ns) {
  for (Incident& incident : incidents_) {
    if (incident.worker != worker || !incident.open() || incident.exit_ns == 0) continue;
    incident.replaced = false;
    close(incident, time_ns, 0);
    keep(incident, time_ns);
  }
}

void Incidents::server_gone(std::uint64_t time_ns) {
  for (Incident& incident : incidents_) {
    if (!incident.open()) continue;
    incident.replaced = false;
    close(incident, time_ns, 0);
    keep(incident, time_ns);
  }
  lives_.clear();
  stopping_ = false;
}

Incident& Incidents::open(IncidentKind kind, const EventRecord& event) {
  if (incidents_.size() == kMaxIncidents) {
    incidents_.erase(incidents_.begin());
    versions_.pop_front();
  }
  Incident& incident = incidents_.emplace_back();
  versions_.emplace_back();
  incident.id = next_id_++;
  incident.known_ns = event.time_ns;
  incident.kind = kind;
  incident.worker = event.worker;
  incident.generation = event.generation;
  incident.pid = event.pid;
  incident.served_at_start = event.served_total;
  return incident;
}

Incident* Incidents::find(const EventRecord& event) {
  for (auto incident = incidents_.rbegin(); incident != incidents_.rend(); ++incident) {
    if (incident->open() && incident->worker == event.worker &&
        incident->generation == event.generation) {
      return &*incident;
    }
  }
  return nullptr;
}

void Incidents::declare_hung(const EventRecord& event) {
  Incident* earlier = find(event);
  if (earlier != nullptr && earlier->kind == IncidentKind::crash) {  // and does not come to its end
    earlier->declared_ns = event.time_ns;
    return keep(*earlier, event.time_ns);
  }
  if (earlier != nullptr) {  // its recovery was lost with the lane
    earlier->recovered = true;
    close(*earlier, event.since_ns != 0 ? event.since_ns : event.time_ns, event.served_total);
    keep(*earlier, event.time_ns);
  }
  Incident& incident = open(IncidentKind::hang, event);
  incident.declared_ns = event.time_ns;
  incident.stuck_since_ns = event.since_ns;
  note_place(incident, event);
  incident.hang_kind = static_cast<telemetry::HangKind>(event.hang_kind);
  keep(incident, event.time_ns);
}

void Incidents::end_process(const EventRecord& event, const Life& before) {
  const bool asked_for = stopping_ || before.leaving_generation == event.generation;
  Incident* incident = find(event);
  if (incident == nullptr && !asked_for) {
    for (Incident& earlier : incidents_) {  // the successor died before it was ready
      if (earlier.worker == event.worker && earlier.open()) incident = &earlier;
    }
    const bool was_hung = (event.exit_flags & telemetry::kExitWasHung) != 0;
    const bool clean = !was_hung && event.exit_code == 0 &&
                       event.exit_cause == static_cast<std::uint32_t>(telemetry::ExitCause::exited);
    // A clean exit of a process that was never seen before: the request to go was lost, too.
    if (incident == nullptr && clean && before.generation != event.generation) return;
    if (incident == nullptr) {
      incident = &open(was_hung ? IncidentKind::hang : IncidentKind::crash, event);
    }
  }
  if (incident == nullptr) return;

  incident->exit_ns = event.time_ns;
  if (incident->first_exit_ns == 0) incident->first_exit_ns = event.time_ns;
  incident->exit_cause = event.exit_cause;
  incident->exit_code = event.exit_code;
  incident->abandoned += event.abandoned;
  incident->fork_ns = 0;
  ++incident->deaths;
  if (asked_for) {
    incident->replaced = false;
    close(*incident, event.time_ns, event.served_total);
  }
  keep(*incident, event.time_ns);
}

/// What moved is told once the last connection has found a worker. That may be before the end of
/// the one that had them, or when its successor serves.
Incident* Incidents::cause_of(const Move& move, const EventRecord& event) {
  const bool hung = move.reason == telemetry::MoveReason::hang;
  if (!hung && move.reason != telemetry::MoveReason::crash) return nullptr;
  for (auto incident = incidents_.rbegin(); incident != incidents_.rend(); ++incident) {
    if (incident->worker != move.from) continue;
    const bool same = incident->generation == move.generation;
    if (same && (incident->open() || incident->exit_ns != 0 || hung)) return &*incident;
    // A successor that has died before it was ready.
    if (incident->open() && incident->generation < move.generation) return &*incident;
  }
  const bool asked_for = stopping_ || lives_[move.from].leaving_generation == move.generation;
  return hung || asked_for ? nullptr : &open(IncidentKind::crash, event);
}

void Incidents::note_move(const EventRecord& event) {
  const auto move = move_of(event);
  Incident* incident = move ? cause_of(*move, event) : nullptr;
  if (incident == nullptr) return;
  incident->moved += move->connections;
  incident->moved_ns = move->at_ns;
  incident->moving_ns += move->duration_ns;
  for (const auto& [worker, count] : move->to) incident->moved_to[worker] += count;
  keep(*incident, event.time_ns);
}

void Incidents::note_successor(const EventRecord& event) {
  const LifeStep step = telemetry::traits_of(event).step;
  // What a process can only do once it serves. Dying is not among it: it may die in its boot.
  const bool serves =
      step == LifeStep::serves || step == LifeStep::hangs || step == LifeStep::leaves;
  const bool begins = step == LifeStep::begins;
  for (Incident& incident : incidents_) {
    if (!incident.open() || incident.worker != event.worker ||
        event.generation <= incident.generation) {
      continue;
    }
    if (begins) incident.fork_ns = event.time_ns;
    if (serves) close(incident, event.time_ns, event.served_total);
    if (serves || begins) keep(incident, event.time_ns);
  }
}

void Incidents::keep(const Incident& incident, std::uint64_t time_ns) {
  const auto index = static_cast<std::size_t>(&incident - incidents_.data());
  std::vector<Version>& versions = versions_[index];
  if (versions.size() == kMaxVersions) versions.erase(versions.begin() + kMaxVersions / 2);
  // Times in the lane may lie; nothing is known before it was known at all.
  if (!versions.empty()) time_ns = std::max(time_ns, versions.back().time_ns);
  versions.push_back({time_ns, incident});
}

std::vector<Incident> Incidents::at(std::uint64_t time_ns) const {
  std::vector<Incident> result;
  for (const std::vector<Version>& versions : versions_) {
    const auto known =
        std::find_if(versions.rbegin(), versions.rend(),
                     [time_ns](const Version& version) { return version.time_ns <= time_ns; });
    if (known != versions.rend()) result.push_back(known->incident);
  }
  return result;
}

}  // namespace forkscope::history
