#include "views/worker_lane.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "views/mark.h"

namespace forkscope::views {

using history::WorkerBin;
using telemetry::WorkerState;

namespace {

bool hangs(const WorkerBin& bin) {
  return bin.state == WorkerState::hung || bin.state == WorkerState::aborting;
}

/// A hang is declared some time after it began, perhaps before we looked: its incident knows since
/// when. It ends with the process, or when the worker goes on by itself.
void mark_hangs(std::span<WorkerBin> bins, const View& view, std::uint32_t number) {
  const std::uint64_t end_of_bins = history::bin_of(view.time_ns);
  const std::uint64_t first = end_of_bins - std::min<std::uint64_t>(end_of_bins, bins.size());
  for (const history::Incident& incident : view.incidents) {
    if (incident.worker != number || incident.kind != history::IncidentKind::hang ||
        incident.stuck_since_ns == 0 || incident.declared_ns > view.time_ns) {
      continue;
    }
    const std::uint64_t over_ns = incident.exit_ns != 0 ? incident.exit_ns : incident.back_ns;
    const std::uint64_t end =
        over_ns != 0 ? std::min(history::bin_of(over_ns), end_of_bins) : end_of_bins;
    for (std::uint64_t bin = std::max(first, history::bin_of(incident.stuck_since_ns)); bin < end;
         ++bin) {
      bins[bin - first].state = WorkerState::hung;
    }
  }
}

bool has_no_process(const WorkerBin& bin) {
  return bin.state == WorkerState::dead || bin.state == WorkerState::backoff;
}

/// Neighbours, from right to left, become one area.
void draw_hatched(const Painter& painter, std::span<const Rect> slots) {
  for (std::size_t i = 0; i < slots.size();) {
    Rect area = slots[i];
    for (++i; i < slots.size() && slots[i].right() > area.x - 1; ++i) {
      area.w += area.x - slots[i].x;
      area.x = slots[i].x;
    }
    painter.fill(area, painter.colors().hung);
    painter.hatch(area, painter.colors().hatch);
    painter.explain(area, words::word(words::Look::hung));
  }
}

/// Whether a generation from `first` up to, without, `end` died unasked: that is an incident.
bool has_died(const View& view, std::uint32_t number, std::uint32_t first, std::uint32_t end) {
  return std::any_of(
      view.incidents.begin(), view.incidents.end(), [&](const history::Incident& incident) {
        return incident.worker == number && incident.exit_ns != 0 && incident.generation < end &&
               incident.generation + std::max(incident.deaths, 1U) > first;
      });
}

/// An end and a birth, side by side, wherever one generation follows another. Whoever was asked to
/// go, as for a reload, did not die.
void draw_successions(const Painter& painter, const Rect& rect, const Rect& seen, const View& view,
                      std::uint32_t number, std::span<const WorkerBin> bins) {
  const Palette& colors = painter.colors();
  const float radius = std::min(painter.px(9), rect.h * 0.3F);
  std::uint16_t generation = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const std::uint16_t before = generation;
    if (bins[i].generation != 0) generation = bins[i].generation;
    if (before == 0 || before == generation) continue;
    const float x = rect.x + rect.w * static_cast<float>(i) / static_cast<float>(bins.size());
    const float left = std::clamp(x - radius * 1.3F, rect.x + radius, rect.right() - 4 * radius);
    if (left - radius < seen.x - 1) continue;
    const Mark end = has_died(view, number, before, generation)
                         ? mark_of(telemetry::EventKind::exit, colors)
                         : mark_of_planned_exit(colors);
    draw_mark(painter, end, {left, rect.middle()}, radius, colors.dead_edge);
    const ImVec2 right{left + radius * 2.7F, rect.middle()};
    painter.shape(Shape::plus, right, radius + painter.px(2), colors.panel, colors.panel);
    draw_mark(painter, mark_of(telemetry::EventKind::fork, colors), right, radius, colors.fresh);
  }
}

/// Bars of whole bins that keep their place in time: they move along, but never change shape.
void draw_bars(const Painter& painter, const Rect& rect, std::span<const WorkerBin> bins,
               std::uint64_t time_ns, float lane_top) {
  const Palette& colors = painter.colors();
  const auto columns = std::max(1.F, std::floor(rect.w / painter.px(6)));
  const auto per_bar = static_cast<std::size_t>(std::ceil(kShownBins / columns));
  const std::size_t bars = kShownBins / per_bar;
  const float width = rect.w / static_cast<float>(bars);
  const std::size_t newest = time_ns / history::kBinNs - 1;  // the newest bin that is over
  const std::size_t in_last_bar = newest % per_bar + 1;

  std::vector<Rect> hatched;
  std::size_t end = bins.size();
  for (std::size_t bar = 0; bar < bars && end > 0; ++bar) {
    const std::size_t count = std::min(end, bar == 0 ? in_last_bar : per_bar);
    const std::span<const WorkerBin> of_bar = bins.subspan(end - count, count);
    end -= count;
    const Rect slot{rect.right() - width * static_cast<float>(bar + 1), rect.y, width, rect.h};
    if (std::any_of(of_bar.begin(), of_bar.end(), hangs)) {
      hatched.push_back(slot);
      continue;
    }
    if (std::any_of(of_bar.begin(), of_bar.end(), has_no_process)) {
      painter.fill(slot, faded(colors.dead, 0.55F));
      painter.explain(slot, words::word(words::Look::dead));
    }
    float sum = 0;
    for (const WorkerBin& bin : of_bar) sum += bin.requests;
    if (sum <= 0) continue;
    const float mean = sum / static_cast<float>(count);
    const float height = std::max(painter.px(2), std::min(1.F, mean / lane_top) * slot.h);
    painter.fill({slot.x, slot.bottom() - height, std::max(1.F, width - painter.px(1)), height},
                 colors.busy);
  }
  draw_hatched(painter, hatched);
}

/// Where protection or balance was switched: what a worker gets may be different from there on.
void draw_switches(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  constexpr std::uint64_t kShownNs = kShownBins * history::kBinNs;
  const float radius = std::min(painter.px(6), rect.h * 0.2F);
  for (const telemetry::EventRecord& event : view.history.switches()) {
    if (event.time_ns > view.time_ns || event.time_ns + kShownNs <= view.time_ns) continue;
    const float x = rect.right() - rect.w * static_cast<float>(view.time_ns - event.time_ns) /
                                       static_cast<float>(kShownNs);
    painter.line({x, rect.y}, {x, rect.bottom()}, faded(colors.muted, 0.7F), painter.px(1.5F));
    const Mark mark = mark_of(static_cast<telemetry::EventKind>(event.kind), colors);
    draw_mark(painter, mark, {x, rect.y + radius}, radius, colors.dead_edge);
  }
}

}  // namespace

void draw_worker_lane(const Painter& painter, const Rect& rect, const Rect& seen, const View& view,
                      std::uint32_t number, const RowContext& context) {
  if (seen.w < painter.px(20)) return;
  painter.fill(seen, faded(painter.colors().line, 0.45F), painter.px(3));
  std::array<WorkerBin, kShownBins> bins;
  view.history.worker_bins(number, view.time_ns, bins);
  mark_hangs(bins, view, number);
  painter.push_clip(seen);
  draw_bars(painter, rect, bins, view.time_ns, context.lane_top);
  draw_gaps(painter, rect, context.gaps, kShownBins, false);
  draw_switches(painter, rect, view);
  painter.pop_clip();
  draw_successions(painter, rect, seen, view, number, bins);
}

}  // namespace forkscope::views
