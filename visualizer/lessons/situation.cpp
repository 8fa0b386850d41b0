#include "lessons/situation.h"

#include <algorithm>
#include <iterator>

namespace forkscope::lessons {

using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

/// A request that takes so long is not served but stuck, long before anybody declares it.
constexpr std::uint64_t kStuckNs = 500'000'000;
constexpr std::uint32_t kConnections = 16;

}  // namespace

Action start_load(double requests_per_second) {
  return {.kind = ActionKind::start_load,
          .requests_per_second = requests_per_second,
          .connections = kConnections};
}

Action protect(bool on) { return {.kind = ActionKind::protect, .on = on}; }

std::uint32_t count_workers(const picture::Snapshot& now) {
  return static_cast<std::uint32_t>(now.workers.size());
}

std::uint32_t count_serving(const picture::Snapshot& now) {
  return static_cast<std::uint32_t>(
      std::count_if(now.workers.begin(), now.workers.end(), [&now](const WorkerReport& worker) {
        const bool stuck = worker.in_flight && now.time_ns > worker.in_flight->start_ns + kStuckNs;
        return worker.state == WorkerState::idle || (worker.state == WorkerState::busy && !stuck);
      }));
}

std::uint32_t count_in(const picture::Snapshot& now, const std::string& path) {
  return static_cast<std::uint32_t>(
      std::count_if(now.workers.begin(), now.workers.end(), [&](const WorkerReport& worker) {
        return worker.in_flight && worker.in_flight->path == path;
      }));
}

std::uint64_t absence_ns(const history::Incident& incident) {
  // Its exit may not have been seen.
  const std::uint64_t end_ns = incident.exit_ns != 0 ? incident.exit_ns : incident.known_ns;
  return incident.back_ns - std::min(end_ns, incident.back_ns);
}

std::vector<history::Incident> incidents_since(const Situation& situation, std::uint64_t since_ns) {
  std::vector<history::Incident> found;
  std::copy_if(
      situation.incidents.begin(), situation.incidents.end(), std::back_inserter(found),
      [since_ns](const history::Incident& incident) { return incident.start_ns() >= since_ns; });
  return found;
}

}  // namespace forkscope::lessons
