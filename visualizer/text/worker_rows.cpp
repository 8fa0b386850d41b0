#include "text/worker_rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"
#include "words/look.h"
#include "words/rates.h"
#include "words/reason.h"
#include "words/untold.h"
#include "words/wording.h"

namespace forkscope::text {

namespace {

using telemetry::WorkerReport;
using telemetry::WorkerState;
using words::Look;

Style style_of(Look look) {
  switch (look) {
    case Look::idle:
    case Look::draining:
    case Look::unknown: return Style::dim;
    case Look::active:
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

/// Whether a worker gets a full row even where there is no room for all.
bool wants_attention(Look look) {
  switch (look) {
    case Look::idle:
    case Look::active:
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

class WorkerRows {
 public:
  WorkerRows(const history::History& history, std::uint64_t time_ns, TableSize size, Colors colors)
      : history_(history),
        time_ns_(time_ns),
        now_(history.at(time_ns)),
        rates_(now_.workers),
        told_(words::tells_requests(now_)),
        incidents_(history.incidents(time_ns)),
        reasons_(history, time_ns, now_, incidents_),
        size_(size),
        colors_(colors) {
    for (const WorkerReport& worker : now_.workers) {
      looks_.push_back(words::look_at(history_, worker, time_ns, now_.time_ns));
    }
  }

  std::vector<Line> draw() {
    if (now_.workers.size() <= size_.rows) {
      full_rows();
    } else {
      full_rows_and_tiles();
    }
    return std::move(rows_);
  }

 private:
  Line line() const { return Line(size_.columns, colors_); }

  void full_rows();
  void full_rows_and_tiles();
  void heading();
  void full_row(const WorkerReport& worker, Look look);
  void lane(Line& row, std::uint32_t number) const;
  void tiles(const std::vector<std::size_t>& indices, std::size_t rows);
  void rest(std::span<const std::size_t> indices);

  const history::History& history_;
  const std::uint64_t time_ns_;
  const picture::Snapshot& now_;
  const words::Rates rates_;
  const bool told_;
  const std::vector<history::Incident> incidents_;
  const words::Reasons reasons_;
  const TableSize size_;
  const Colors colors_;
  std::vector<Look> looks_;  // of now_.workers
  std::vector<Line> rows_;
};

void WorkerRows::full_rows() {
  heading();
  for (std::size_t i = 0; i < looks_.size(); ++i) full_row(now_.workers[i], looks_[i]);
}

void WorkerRows::full_rows_and_tiles() {
  std::vector<std::size_t> unwell;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < looks_.size(); ++i) {
    (wants_attention(looks_[i]) ? unwell : others).push_back(i);
  }
  // A row is left for those that do not fit.
  const std::size_t room = size_.rows - std::min<std::size_t>(size_.rows, 1);
  const std::size_t full = std::min(unwell.size(), room);
  if (full > 0) heading();
  for (std::size_t i = 0; i < full; ++i) full_row(now_.workers[unwell[i]], looks_[unwell[i]]);
  others.insert(others.end(), unwell.begin() + static_cast<std::ptrdiff_t>(full), unwell.end());
  std::sort(others.begin(), others.end());
  tiles(others, std::max<std::size_t>(size_.rows - full, 1));
}

void WorkerRows::heading() {
  Line heading = line();
  heading.add("  #  state         pid  gen core conns    req/s", Style::dim);
  if (size_.wide()) heading.add("      requests", Style::dim);
  heading.add(size_.wide() ? "  last 3 s       " : "  last 2 s  ", Style::dim)
      .add("  in flight", Style::dim);
  rows_.push_back(heading);
}

void WorkerRows::full_row(const WorkerReport& worker, Look look) {
  Line row = line();
  row.add_right(std::to_string(worker.number), 3, Style::bold)
      .add("  ")
      .add_left(std::string(words::shape(look)) + ' ' + std::string(words::word(look)), 10,
                style_of(look))
      .add_right(worker.pid != 0 ? std::to_string(worker.pid) : "-", 8)
      .add_right(std::to_string(worker.generation), 5)
      .add_right(std::to_string(worker.core), 5)
      .add_right(words::grouped(worker.connections), 6)
      .add_right(told_ ? rates_.text_of(worker.number) : words::kUntold, 9);
  if (size_.wide()) row.add_right(told_ ? words::grouped(worker.requests) : words::kUntold, 14);
  row.add("  ");
  lane(row, worker.number);
  row.add("  ");
  if (worker.queue_length > 0) row.add(words::queue_text(worker) + "  ", Style::slow);
  if (worker.in_flight) {
    const std::uint64_t start_ns = worker.in_flight->start_ns;
    row.add(telemetry::duration_text(now_.time_ns > start_ns ? now_.time_ns - start_ns : 0),
            Style::bold);
    const telemetry::FlexibleText request(
        ' ' + std::string(to_string(worker.in_flight->method)) + ' ', worker.in_flight->path, "");
    row.add(request.fitted(
        [&row](const std::string& text) { return columns_of(text) <= row.columns_left(); }));
  } else if (worker.pid == 0 && worker.last_exit) {
    row.add(telemetry::exit_text(static_cast<std::uint32_t>(worker.last_exit->cause),
                                 worker.last_exit->code));
  } else if (const std::string reason = reasons_.of(worker); !reason.empty()) {
    row.add(reason);
  } else if (worker.state == WorkerState::busy || worker.state == WorkerState::hung) {
    row.add(to_string(worker.phase), Style::dim);
  }
  rows_.push_back(row);
}

/// The last seconds of a worker: a cell for every two bins.
void WorkerRows::lane(Line& row, std::uint32_t number) const {
  constexpr std::size_t kMostCells = 15;
  const std::size_t cells = size_.wide() ? kMostCells : 10;
  std::array<history::WorkerBin, 2 * kMostCells> space;
  const std::span bins = std::span(space).first(2 * cells);
  history_.worker_bins(number, time_ns_, bins);
  float highest = 1;
  for (const history::WorkerBin& bin : bins) highest = std::max(highest, bin.requests);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const history::WorkerBin& first = bins[2 * cell];
    const history::WorkerBin& second = bins[2 * cell + 1];
    const auto either = [&](WorkerState state) {
      return first.state == state || second.state == state;
    };
    if (either(WorkerState::hung) || either(WorkerState::aborting)) {
      row.add("▨", Style::hung);
    } else if (either(WorkerState::dead) || either(WorkerState::backoff)) {
      row.add("✖", Style::dead);
    } else {
      const float served = first.requests + second.requests;
      row.add(block(static_cast<double>(served) / (2.0 * static_cast<double>(highest))),
              Style::busy);
    }
  }
}

/// Workers as a number and a shape each; those that do not fit are counted.
void WorkerRows::tiles(const std::vector<std::size_t>& indices, std::size_t rows) {
  constexpr std::size_t kTile = 5;  // "123● "
  const std::size_t per_row = std::max<std::size_t>(size_.columns / kTile, 1);
  const bool fits = indices.size() <= per_row * rows;
  const std::size_t shown = fits ? indices.size() : per_row * (rows - 1);
  for (std::size_t i = 0; i < shown; i += per_row) {
    Line row = line();
    for (std::size_t j = i; j < std::min(shown, i + per_row); ++j) {
      const Look look = looks_[indices[j]];
      row.add_right(std::to_string(now_.workers[indices[j]].number), 3)
          .add(words::shape(look), style_of(look))
          .add(" ");
    }
    rows_.push_back(row);
  }
  if (!fits) rest(std::span(indices).subspan(shown));
}

/// "+212 workers more: 3 HUNG, 209 idle"
void WorkerRows::rest(std::span<const std::size_t> indices) {
  std::map<std::string_view, std::size_t> words;
  for (const std::size_t index : indices) ++words[words::word(looks_[index])];
  std::string text = "+" + words::counted(indices.size(), "worker") + " more";
  const char* between = ": ";
  for (const auto& [word, count] : words) {
    text += between + words::grouped(count) + ' ' + std::string(word);
    between = ", ";
  }
  rows_.push_back(line().add(text, Style::dim));
}

}  // namespace

std::vector<Line> worker_rows(const history::History& history, std::uint64_t time_ns,
                              TableSize size, Colors colors) {
  if (history.at(time_ns).workers.empty()) return {};
  return WorkerRows(history, time_ns, size, colors).draw();
}

}  // namespace forkscope::text
