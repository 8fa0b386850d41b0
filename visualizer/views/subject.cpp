#include "views/subject.h"

#include <algorithm>

#include "forkscope/telemetry/layout.h"

namespace forkscope::views {

namespace {

constexpr std::size_t kEventsLookedAt = 256;

const telemetry::WorkerReport* find(const View& view, std::uint32_t number) {
  for (const auto& worker : view.now.workers) {
    if (worker.number == number && worker.pid != 0) return &worker;
  }
  return nullptr;
}

}  // namespace

const telemetry::WorkerReport* kill_subject(const View& view) {
  if (view.state.selected_worker != 0) return find(view, view.state.selected_worker);
  return picture::busiest_worker(view.now, view.calm);
}

const telemetry::WorkerReport* freeze_subject(const View& view) {
  if (view.state.selected_worker == 0) {
    for (const std::uint32_t number : frozen_workers(view)) {
      if (const auto* worker = find(view, number)) return worker;
    }
  }
  return kill_subject(view);
}

std::vector<std::uint32_t> frozen_workers(const View& view) {
  using telemetry::EventKind;
  std::vector<std::uint32_t> settled;  // their latest word has been heard
  std::vector<std::uint32_t> frozen;
  for (const auto& event : view.history.events(view.time_ns, kEventsLookedAt)) {
    const auto kind = static_cast<EventKind>(event.kind);
    const bool stops = kind == EventKind::stopped;
    if (!stops && kind != EventKind::continued && kind != EventKind::exit) continue;
    if (std::find(settled.begin(), settled.end(), event.worker) != settled.end()) continue;
    settled.push_back(event.worker);
    if (stops) frozen.push_back(event.worker);
  }
  return frozen;
}

bool is_frozen(const View& view, std::uint32_t number) {
  const auto frozen = frozen_workers(view);
  return std::find(frozen.begin(), frozen.end(), number) != frozen.end();
}

}  // namespace forkscope::views
