#include "text/table.h"

#include <algorithm>

#include "forkscope/telemetry/event_text.h"
#include "model/format.h"
#include "model/look.h"
#include "model/wording.h"
#include "text/line.h"

namespace forkscope::text {

namespace {

using model::Look;
using telemetry::WorkerReport;

constexpr std::size_t kBusyBins = 5;  // half a second
constexpr std::size_t kMaxAlarms = 3;
constexpr std::size_t kMaxReceipts = 3;
constexpr std::size_t kMinEventRows = 4;

Style style_of(Look look) {
  switch (look) {
    case Look::idle:
    case Look::draining:
    case Look::unknown: return Style::dim;
    case Look::busy: return Style::busy;
    case Look::slow: return Style::slow;
    case Look::fresh:
    case Look::starting: return Style::fresh;
    case Look::hung:
    case Look::aborting: return Style::hung;
    case Look::dead:
    case Look::backoff: return Style::dead;
  }
  return Style::plain;
}

std::string latency(double ms) {
  return telemetry::duration_text(static_cast<std::uint64_t>(ms * 1e6));
}

/// Eighths of a block, from empty to full.
std::string_view block(double share) {
  static constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  return kBlocks[static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * 8)];
}

/// Draws into `lines`, and never past the last row.
class Table {
 public:
  Table(const model::History& history, TableSize size, bool colored)
      : history_(history), now_(history.latest()), size_(size), colored_(colored) {}

  std::vector<std::string> draw() {
    top_line();
    alarms();
    cores();
    workers();
    receipts();
    events();
    return std::move(lines_);
  }

 private:
  Line line() const { return Line(size_.columns, colored_); }
  std::size_t rows_left() const { return size_.rows - std::min(size_.rows, lines_.size()); }
  void put(const Line& line) {
    if (rows_left() > 0) lines_.push_back(line.bytes());
  }

  void top_line();
  void alarms();
  void cores();
  void workers();
  void worker(const WorkerReport& worker);
  void receipts();
  void events();

  const model::History& history_;
  const model::Snapshot& now_;
  const TableSize size_;
  const bool colored_;
  std::vector<std::string> lines_;
};

void Table::top_line() {
  const model::Totals& totals = now_.totals;
  Line top = line();
  top.add("Forkscope ", Style::bold);
  if (now_.attachment != model::Attachment::searching) {
    top.add(now_.server.host + ':' + std::to_string(now_.server.port))
        .add("  " + model::counted(now_.workers.size(), "worker"))
        .add("  " + model::compact(totals.requests_per_second) + " req/s", Style::bold)
        .add("  p50 " + latency(totals.p50_ms) + "  p99 " + latency(totals.p99_ms))
        .add("  waiting " + model::grouped(totals.waiting))
        .add("  errors " + model::grouped(totals.errors))
        .add("  lost " + model::grouped(totals.abandoned));
    if (now_.server.draining) top.add("  draining");
  }
  if (now_.observer_cpu) {
    top.add("  observer " + model::percent(*now_.observer_cpu) + " CPU", Style::dim);
  }
  put(top);
  if (!now_.attachment_detail.empty()) {
    const bool lost = now_.attachment == model::Attachment::lost;
    put(line().add(now_.attachment_detail, lost ? Style::dead : Style::bold));
  }
}

void Table::alarms() {
  std::vector<const model::Incident*> open;
  for (const model::Incident& incident : history_.incidents()) {
    if (incident.open()) open.push_back(&incident);
  }
  for (std::size_t i = 0; i < std::min(open.size(), kMaxAlarms); ++i) {
    const bool dead = open[i]->exit_ns != 0;
    put(line().add(
        " WORKER " + std::to_string(open[i]->worker) + ' ' + model::headline(*open[i], now_) + ' ',
        dead ? Style::dead : Style::hung));
  }
  if (open.size() > kMaxAlarms) {
    put(line().add(" +" + std::to_string(open.size() - kMaxAlarms) + " more ", Style::hung));
  }
}

void Table::cores() {
  Line cores = line();
  cores.add("cores ", Style::dim);
  for (const model::CoreSample& core : now_.cores) {
    cores.add(' ' + std::to_string(core.number) + ' ', Style::dim)
        .add(block(core.utilisation), Style::busy)
        .add_right(model::percent(core.utilisation), 6);
  }
  if (!now_.cores.empty()) put(cores);
}

void Table::workers() {
  if (now_.workers.empty()) return;
  put(
      line().add("  #  state         pid   gen  core  conns     req/s      requests  last 3 s     "
                 "  in flight",
                 Style::dim));
  std::size_t left = now_.workers.size();
  for (const WorkerReport& report : now_.workers) {
    // One row is for those that do not fit, and a few are for the events.
    if (rows_left() <= kMinEventRows + 1 && left > 1) break;
    worker(report);
    --left;
  }
  if (left > 0)
    put(line().add("     … and " + model::counted(left, "worker") + " more", Style::dim));
}

void Table::worker(const WorkerReport& worker) {
  constexpr std::size_t kCells = 15;  // of two bins each
  const auto bins = history_.worker_bins(worker.number, now_.time_ns, 2 * kCells);
  const bool served_lately =
      std::any_of(bins.end() - kBusyBins, bins.end(),
                  [](const model::WorkerBin& bin) { return bin.requests > 0; });
  const Look look = model::look_of(worker, now_.time_ns, served_lately);

  Line row = line();
  row.add_right(std::to_string(worker.number), 3, Style::bold)
      .add("  ")
      .add_left(std::string(model::shape(look)) + ' ' + std::string(model::word(look)), 10,
                style_of(look))
      .add_right(worker.pid != 0 ? std::to_string(worker.pid) : "-", 8)
      .add_right(std::to_string(worker.generation), 5)
      .add_right(std::to_string(worker.core), 6)
      .add_right(model::grouped(worker.connections), 7)
      .add_right(model::compact(worker.requests_per_second), 10)
      .add_right(model::grouped(worker.requests), 14)
      .add("  ");
  float highest = 1;
  for (const model::WorkerBin& bin : bins) highest = std::max(highest, bin.requests);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const float served = bins[2 * cell].requests + bins[2 * cell + 1].requests;
    row.add(block(static_cast<double>(served) / (2.0 * static_cast<double>(highest))), Style::busy);
  }
  row.add("  ");
  if (worker.in_flight) {
    const std::uint64_t start_ns = worker.in_flight->start_ns;
    row.add(std::string(to_string(worker.in_flight->method)) + ' ' + worker.in_flight->path + ' ')
        .add(telemetry::duration_text(now_.time_ns > start_ns ? now_.time_ns - start_ns : 0),
             Style::bold);
  } else if (worker.pid == 0 && worker.last_exit) {
    row.add(telemetry::exit_text(static_cast<std::uint32_t>(worker.last_exit->cause),
                                 worker.last_exit->code));
  }
  put(row);
}

void Table::receipts() {
  const auto& incidents = history_.incidents();
  std::size_t shown = 0;
  for (auto incident = incidents.rbegin(); incident != incidents.rend(); ++incident) {
    if (incident->open()) continue;
    if (shown++ == kMaxReceipts) break;
    put(line()
            .add(" worker " + std::to_string(incident->worker) + ' ', Style::bold)
            .add(model::receipt(*incident)));
  }
}

void Table::events() {
  for (const telemetry::EventRecord& event : history_.events(now_.time_ns, rows_left())) {
    put(line()
            .add(model::clock_time(static_cast<std::int64_t>(event.wall_clock_ns)) + "  ",
                 Style::dim)
            .add(telemetry::describe(event)));
  }
}

}  // namespace

std::vector<std::string> table(const model::History& history, TableSize size, bool colored) {
  return Table(history, size, colored).draw();
}

}  // namespace forkscope::text
