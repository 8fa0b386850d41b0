#include "text/table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>

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
constexpr std::size_t kMaxAlarms = 4;
constexpr std::size_t kMaxReceipts = 3;
constexpr std::size_t kMinEventRows = 3;
constexpr std::size_t kWideColumns = 110;  // from here on there is room for everything
constexpr std::size_t kMostCores = 8;      // with a figure each

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

/// Whether a worker gets a full row even where there is no room for all.
bool wants_attention(Look look) {
  switch (look) {
    case Look::idle:
    case Look::busy:
    case Look::fresh:
    case Look::draining:
    case Look::starting: return false;
    case Look::slow:
    case Look::hung:
    case Look::aborting:
    case Look::dead:
    case Look::backoff:
    case Look::unknown: break;
  }
  return true;
}

/// Breaks a line of parts between " · " into lines of at most `columns`.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  static constexpr std::string_view kDot = " · ";
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = text.find(kDot);
    const std::string_view part = text.substr(0, end);
    std::string& last = lines.back();
    if (last.empty()) {
      last = part;
    } else if (columns_of(last) + columns_of(part) + 3 <= columns) {
      last.append(kDot).append(part);
    } else {
      lines.push_back("   " + std::string(part));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kDot.size());
  }
  return lines;
}

/// Draws into `lines`, and never past the last row.
class Table {
 public:
  Table(const model::History& history, std::uint64_t time_ns, TableSize size, Colors colors)
      : history_(history),
        time_ns_(time_ns),
        now_(history.at(time_ns)),
        incidents_(history.incidents(time_ns)),
        size_(size),
        colors_(colors) {
    for (const WorkerReport& worker : now_.workers) {
      const bool served = history_.served(worker.number, time_ns, kBusyBins) > 0;
      looks_.push_back(model::look_of(worker, now_.time_ns, served));
    }
  }

  std::vector<std::string> draw(const Footer& footer) {
    top_line();
    alarms();
    cores();
    workers();
    receipts();
    events();
    lines_.resize(size_.rows > 0 ? size_.rows - 1 : 0);
    last_line(footer);
    return std::move(lines_);
  }

 private:
  bool wide() const { return size_.columns >= kWideColumns; }
  Line line() const { return Line(size_.columns, colors_); }
  /// The last row is the footer's.
  std::size_t rows_left() const { return size_.rows - std::min(size_.rows, lines_.size() + 1); }
  void put(const Line& line) {
    if (rows_left() > 0) lines_.push_back(line.bytes());
  }

  void top_line();
  void alarms();
  void cores();
  void workers();
  void worker_heading();
  void worker(const WorkerReport& worker, Look look);
  void tiles(const std::vector<std::size_t>& healthy, std::size_t rows);
  void receipts();
  void events();
  void last_line(const Footer& footer);

  const model::History& history_;
  const std::uint64_t time_ns_;
  const model::Snapshot& now_;
  const std::vector<model::Incident> incidents_;
  const TableSize size_;
  const Colors colors_;
  std::vector<Look> looks_;  // of now_.workers
  std::vector<std::string> lines_;
};

void Table::top_line() {
  const model::Totals& totals = now_.totals;
  Line top = line();
  top.add("Forkscope ", Style::bold);
  if (now_.attachment != model::Attachment::searching) {
    const std::string port = ':' + std::to_string(now_.server.port);
    top.add(wide() ? now_.server.host + port : port)
        .add("  " + model::counted(now_.workers.size(), "worker"))
        .add("  " + model::compact(totals.requests_per_second) + " req/s", Style::bold);
    if (wide()) top.add("  p50 " + latency(totals.p50_ms));
    top.add("  p99 " + latency(totals.p99_ms))
        .add("  waiting " + model::grouped(totals.waiting))
        .add("  errors " + model::grouped(totals.errors),
             totals.errors > 0 ? Style::slow : Style::plain)
        .add("  lost " + model::grouped(totals.abandoned),
             totals.abandoned > 0 ? Style::slow : Style::plain);
    if (wide() && now_.workers.size() > 1) {
      std::array<char, 32> fair{};
      std::snprintf(fair.data(), fair.size(), "  fairness %.2f",
                    history_.fairness(time_ns_, 10'000'000'000));
      top.add(fair.data());
    }
    if (now_.server.draining) top.add("  draining", Style::slow);
  }
  if (wide() && now_.observer_cpu) {
    top.add("  observer " + model::percent(*now_.observer_cpu) + " CPU", Style::dim);
  }
  put(top);
  if (!now_.attachment_detail.empty()) {
    const bool lost = now_.attachment == model::Attachment::lost;
    put(line().add(now_.attachment_detail, lost ? Style::dead : Style::bold));
  }
  if (totals.lost_records > 0) {
    put(line().add("This viewer was too slow for " + model::counted(totals.lost_records, "record") +
                       " of single requests; all sums are exact.",
                   Style::dim));
  }
}

void Table::alarms() {
  std::vector<const model::Incident*> open;
  for (const model::Incident& incident : incidents_) {
    if (incident.open()) open.push_back(&incident);
  }
  const std::size_t shown = std::min(open.size(), kMaxAlarms);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string text =
        "WORKER " + std::to_string(open[i]->worker) + ' ' + model::headline(*open[i], now_);
    const std::size_t columns = size_.columns - std::min<std::size_t>(size_.columns, 2);
    // One alarm may take two rows; of many, each takes one.
    std::vector<std::string> parts = wrapped(text, columns);
    if (shown > 2) parts.resize(1);
    for (const std::string& part : parts) {
      put(line().add(' ' + part + ' ', open[i]->exit_ns != 0 ? Style::dead : Style::hung));
    }
  }
  if (open.size() > shown) {
    put(line().add(" +" + std::to_string(open.size() - shown) + " more ", Style::hung));
  }
}

void Table::cores() {
  if (now_.cores.empty()) return;
  Line cores = line();
  cores.add("cores ", Style::dim);
  if (now_.cores.size() <= kMostCores) {
    for (const model::CoreSample& core : now_.cores) {
      cores.add(' ' + std::to_string(core.number) + ' ', Style::dim)
          .add(block(core.utilisation), Style::busy)
          .add_right(model::percent(core.utilisation), 6);
    }
  } else {
    double sum = 0;
    for (const model::CoreSample& core : now_.cores) sum += core.utilisation;
    cores.add_right(model::percent(sum / static_cast<double>(now_.cores.size())), 5)
        .add(" of " + std::to_string(now_.cores.size()) + "  ");
    for (const model::CoreSample& core : now_.cores) {
      cores.add(block(core.utilisation), Style::busy);
    }
  }
  put(cores);
}

void Table::workers() {
  if (now_.workers.empty()) return;
  const std::size_t room = rows_left() - std::min(rows_left(), kMinEventRows + 1);
  if (now_.workers.size() <= room) {
    worker_heading();
    for (std::size_t i = 0; i < now_.workers.size(); ++i) worker(now_.workers[i], looks_[i]);
    return;
  }
  std::vector<std::size_t> unwell;
  std::vector<std::size_t> healthy;
  for (std::size_t i = 0; i < looks_.size(); ++i) {
    (wants_attention(looks_[i]) ? unwell : healthy).push_back(i);
  }
  // A row is left for those that do not fit.
  const std::size_t full = std::min(unwell.size(), room - std::min<std::size_t>(room, 1));
  if (full > 0) worker_heading();
  for (std::size_t i = 0; i < full; ++i) worker(now_.workers[unwell[i]], looks_[unwell[i]]);
  healthy.insert(healthy.end(), unwell.begin() + static_cast<std::ptrdiff_t>(full), unwell.end());
  std::sort(healthy.begin(), healthy.end());
  tiles(healthy, std::max<std::size_t>(room - full, 1));
}

/// Workers as a number and a shape each; those that do not fit are counted.
void Table::tiles(const std::vector<std::size_t>& healthy, std::size_t rows) {
  constexpr std::size_t kTile = 5;  // "123● "
  const std::size_t per_row = std::max<std::size_t>(size_.columns / kTile, 1);
  const bool fits = healthy.size() <= per_row * rows;
  const std::size_t shown = fits ? healthy.size() : per_row * (rows - 1);
  for (std::size_t i = 0; i < shown; i += per_row) {
    Line row = line();
    for (std::size_t j = i; j < std::min(shown, i + per_row); ++j) {
      const Look look = looks_[healthy[j]];
      row.add_right(std::to_string(now_.workers[healthy[j]].number), 3)
          .add(model::shape(look), style_of(look))
          .add(" ");
    }
    put(row);
  }
  if (fits) return;
  std::map<std::string_view, std::size_t> words;
  for (std::size_t i = shown; i < healthy.size(); ++i) ++words[model::word(looks_[healthy[i]])];
  std::string rest = "… and " + model::counted(healthy.size() - shown, "worker") + " more:";
  for (const auto& [word, count] : words) {
    rest += ' ' + model::grouped(count) + ' ' + std::string(word) + ',';
  }
  rest.pop_back();
  put(line().add(rest, Style::dim));
}

void Table::worker_heading() {
  Line heading = line();
  heading.add("  #  state         pid  gen core conns    req/s", Style::dim);
  if (wide()) heading.add("      requests", Style::dim);
  heading.add(wide() ? "  last 3 s       " : "  last 2 s  ", Style::dim)
      .add("  in flight", Style::dim);
  put(heading);
}

void Table::worker(const WorkerReport& worker, Look look) {
  constexpr std::size_t kMostCells = 15;
  const std::size_t cells = wide() ? kMostCells : 10;  // of two bins each
  std::array<model::WorkerBin, 2 * kMostCells> space;
  const std::span bins = std::span(space).first(2 * cells);
  history_.worker_bins(worker.number, time_ns_, bins);

  Line row = line();
  row.add_right(std::to_string(worker.number), 3, Style::bold)
      .add("  ")
      .add_left(std::string(model::shape(look)) + ' ' + std::string(model::word(look)), 10,
                style_of(look))
      .add_right(worker.pid != 0 ? std::to_string(worker.pid) : "-", 8)
      .add_right(std::to_string(worker.generation), 5)
      .add_right(std::to_string(worker.core), 5)
      .add_right(model::grouped(worker.connections), 6)
      .add_right(model::compact(worker.requests_per_second), 9);
  if (wide()) row.add_right(model::grouped(worker.requests), 14);
  row.add("  ");
  float highest = 1;
  for (const model::WorkerBin& bin : bins) highest = std::max(highest, bin.requests);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const model::WorkerBin& first = bins[2 * cell];
    const model::WorkerBin& second = bins[2 * cell + 1];
    const auto either = [&](telemetry::WorkerState state) {
      return first.state == state || second.state == state;
    };
    if (either(telemetry::WorkerState::hung) || either(telemetry::WorkerState::aborting)) {
      row.add("▨", Style::hung);
    } else if (either(telemetry::WorkerState::dead) || either(telemetry::WorkerState::backoff)) {
      row.add("✖", Style::dead);
    } else {
      const float served = first.requests + second.requests;
      row.add(block(static_cast<double>(served) / (2.0 * static_cast<double>(highest))),
              Style::busy);
    }
  }
  row.add("  ");
  if (worker.in_flight) {
    const std::uint64_t start_ns = worker.in_flight->start_ns;
    row.add(telemetry::duration_text(now_.time_ns > start_ns ? now_.time_ns - start_ns : 0),
            Style::bold)
        .add(' ' + std::string(to_string(worker.in_flight->method)) + ' ' + worker.in_flight->path);
  } else if (worker.pid == 0 && worker.last_exit) {
    row.add(telemetry::exit_text(static_cast<std::uint32_t>(worker.last_exit->cause),
                                 worker.last_exit->code));
  } else if (worker.state == telemetry::WorkerState::busy ||
             worker.state == telemetry::WorkerState::hung) {
    row.add(to_string(worker.phase), Style::dim);
  }
  put(row);
}

void Table::receipts() {
  std::size_t shown = 0;
  for (auto incident = incidents_.rbegin(); incident != incidents_.rend(); ++incident) {
    if (incident->open()) continue;
    if (shown++ == kMaxReceipts) break;
    put(line()
            .add(" worker " + std::to_string(incident->worker) + ' ', Style::bold)
            .add(model::receipt(*incident)));
  }
}

void Table::events() {
  for (const telemetry::EventRecord& event : history_.events(time_ns_, rows_left())) {
    put(line()
            .add(model::clock_time(static_cast<std::int64_t>(event.wall_clock_ns)) + "  ",
                 Style::dim)
            .add(telemetry::describe(event)));
  }
}

void Table::last_line(const Footer& footer) {
  if (size_.rows == 0) return;
  Line last = line();
  if (history_.newest_ns() != 0) {
    last.add(model::clock_time(history_.wall_clock_at(time_ns_)) + "  ");
  }
  last.add(footer.alert ? ' ' + footer.mode + ' ' : footer.mode,
           footer.alert ? Style::hung : Style::bold)
      .add("   " + footer.help, Style::dim);
  lines_.push_back(last.bytes());
}

}  // namespace

std::vector<std::string> table(const model::History& history, std::uint64_t time_ns,
                               const Footer& footer, TableSize size, Colors colors) {
  return Table(history, time_ns, size, colors).draw(footer);
}

}  // namespace forkscope::text
