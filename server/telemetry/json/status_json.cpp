#include "forkscope/telemetry/status_json.h"

#include <cstdint>
#include <iterator>
#include <string>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/worker_report.h"
#include "forkscope/telemetry/workers_json.h"

namespace forkscope::telemetry {

namespace {

using nlohmann::ordered_json;

ordered_json moved_json(const BeatRecord& beat) {
  ordered_json moved;
  for (std::uint32_t i = 0; i < std::size(beat.moved); ++i) {
    moved[std::string(to_string(static_cast<MoveReason>(i + 1)))] = beat.moved[i];
  }
  return moved;
}

std::uint64_t requests_lost(const SegmentView& view) {
  std::uint64_t lost = 0;
  for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
    lost += view.counters(slot).abandoned;
  }
  return lost;
}

/// Adds up to requests_lost().
ordered_json lost_by_worker(const SegmentView& view) {
  ordered_json list = ordered_json::array();
  for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
    const std::uint64_t lost = view.counters(slot).abandoned;
    if (lost > 0) list.push_back({{"worker", slot + 1}, {"requests", lost}});
  }
  return list;
}

}  // namespace

ordered_json status_json(const SegmentView& view, std::uint64_t now_ns) {
  const BeatRecord beat = view.beat().value_or(BeatRecord{});
  ordered_json status = {{"balance", to_string(static_cast<BalancePolicy>(beat.balance))},
                         {"protection", to_string(static_cast<Protection>(beat.protection))},
                         {"moved", moved_json(beat)},
                         {"requests_lost", requests_lost(view)},
                         {"lost_by_worker", lost_by_worker(view)},
                         {"target_workers", beat.target_workers},
                         {"hang_after_ms", view.header().hang_after_ns / 1'000'000}};
  status.update(workers_json(report_workers(view, now_ns), now_ns));
  return status;
}

}  // namespace forkscope::telemetry
