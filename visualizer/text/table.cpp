#include "text/table.h"

#include <algorithm>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"
#include "text/line.h"
#include "text/worker_rows.h"
#include "words/change_text.h"
#include "words/core_use.h"
#include "words/fairness.h"
#include "words/format.h"
#include "words/losses.h"
#include "words/phrase.h"
#include "words/rates.h"
#include "words/serving.h"
#include "words/untold.h"
#include "words/wait.h"
#include "words/wording.h"

namespace forkscope::text {

namespace {

constexpr std::size_t kMaxAlarms = 4;
constexpr std::size_t kMaxReceipts = 3;
constexpr std::size_t kMaxWaits = 4;
constexpr std::size_t kMaxLosses = 4;
constexpr std::size_t kMinEventRows = 3;
constexpr std::size_t kMostCores = 8;  // with a figure each

std::string latency(double ms) {
  return telemetry::duration_text(static_cast<std::uint64_t>(ms * 1e6));
}

/// A sentence in lines of at most `columns`, broken between its phrases.
std::vector<std::string> wrapped(const words::Sentence& sentence, std::size_t columns) {
  std::vector<std::string> lines;
  for (const words::Phrase& phrase : sentence) {
    if (lines.empty()) {
      lines.push_back(phrase.text);
      continue;
    }
    const std::string behind = std::string(words::kBetween) + phrase.text;
    if (columns_of(lines.back()) + columns_of(behind) <= columns) {
      lines.back() += behind;
    } else {
      lines.push_back("   " + phrase.text);
    }
  }
  return lines;
}

/// Draws into `lines`, and never past the last row.
class Table {
 public:
  Table(const history::History& history, std::uint64_t time_ns, TableSize size, Colors colors)
      : history_(history),
        time_ns_(time_ns),
        now_(history.at(time_ns)),
        incidents_(history.incidents(time_ns)),
        size_(size),
        colors_(colors) {}

  std::vector<std::string> draw(const Footer& footer) {
    footer_rows_ = footer.load.empty() ? 1 : 2;
    top_line();
    alarms();
    waits();
    cores();
    workers();
    receipts();
    events();
    lines_.resize(size_.rows - std::min(size_.rows, footer_rows_));
    if (!footer.load.empty() && size_.rows > 1) lines_.push_back(line().add(footer.load).bytes());
    last_line(footer);
    return std::move(lines_);
  }

 private:
  Line line() const { return Line(size_.columns, colors_); }
  /// The last rows are the footer's.
  std::size_t rows_left() const {
    return size_.rows - std::min(size_.rows, lines_.size() + footer_rows_);
  }
  void put(const Line& line) {
    if (rows_left() > 0) lines_.push_back(line.bytes());
  }

  void top_line();
  void protection(Line& top) const;
  void alarms();
  void waits();
  void cores();
  void workers();
  void receipts();
  void events();
  void last_line(const Footer& footer);

  const history::History& history_;
  const std::uint64_t time_ns_;
  const picture::Snapshot& now_;
  const std::vector<history::Incident> incidents_;
  const TableSize size_;
  const Colors colors_;
  std::size_t footer_rows_ = 1;
  std::vector<std::string> lines_;
};

void Table::top_line() {
  const picture::Totals& totals = now_.totals;
  const words::Rates rates(now_.workers);
  const words::Serving serving = words::serving_of(now_);
  const bool told = words::tells_requests(now_);
  const auto figure = [&](bool known, const std::string& text) {
    return known ? text : words::kUntold;
  };
  Line top = line();
  top.add("Forkscope ", Style::bold);
  if (now_.attachment != picture::Attachment::searching) {
    top.add(size_.wide() ? telemetry::authority(now_.server.host, now_.server.port)
                         : ':' + std::to_string(now_.server.port))
        .add("  ")
        .add(serving.text(), serving.well() ? Style::plain : Style::hung)
        .add("  " + figure(told, rates.whole_text()) + " req/s", Style::bold)
        .add("  lost " + figure(told, words::grouped(totals.abandoned)),
             totals.abandoned > 0 ? Style::slow : Style::plain);
    protection(top);
    if (size_.wide() && now_.server.balance != telemetry::BalancePolicy::unknown) {
      top.add("  balance ").add(telemetry::to_string(now_.server.balance));
    }
    top.add((size_.wide() ? "  error answers " : "  5xx ") +
                figure(told, words::grouped(totals.errors)),
            totals.errors > 0 ? Style::slow : Style::plain);
    if (size_.wide()) top.add("  p50 " + figure(told, latency(totals.p50_ms)));
    top.add("  p99 " + figure(told, latency(totals.p99_ms)))
        .add("  waiting " + figure(!words::runs_program(now_), words::grouped(totals.waiting)));
    if (size_.wide()) {
      const auto fair =
          words::fairness_texts(history_.evenness(time_ns_, words::share_window_ns(rates.whole())));
      if (!fair.empty()) top.add("  " + fair.back());
    }
    if (now_.server.draining) top.add("  draining", Style::slow);
  }
  if (size_.wide() && now_.observer_cpu) {
    top.add("  observer " + words::percent(*now_.observer_cpu) + " CPU", Style::dim);
  }
  put(top);
  if (const std::string lost = losses_text(words::losses_at(history_, time_ns_), kMaxLosses);
      !lost.empty()) {
    put(line().add(lost, Style::dim));
  }
  if (!now_.attachment_detail.empty()) {
    const bool lost = now_.attachment == picture::Attachment::lost;
    put(line().add(now_.attachment_detail, lost ? Style::dead : Style::bold));
  }
  if (!told) put(line().add(words::kOnlyTheKernelTells, Style::dim));
  if (totals.lost_records > 0) {
    put(line().add("This viewer was too slow for " + words::counted(totals.lost_records, "record") +
                       " of single requests; all sums are exact.",
                   Style::dim));
  }
}

/// Of a server that does not know it there is nothing to say, nor of a program's connections, which
/// are its own.
void Table::protection(Line& top) const {
  const telemetry::Protection now = now_.server.protection;
  if (words::runs_program(now_)) return;
  if (now == telemetry::Protection::off) top.add("  protection off", Style::slow);
  if (now != telemetry::Protection::unknown) {
    top.add("  moved " + words::grouped(now_.totals.moved_in_all()));
  }
}

void Table::alarms() {
  std::vector<const history::Incident*> open;
  for (const history::Incident& incident : incidents_) {
    if (incident.open()) open.push_back(&incident);
  }
  const std::size_t shown = std::min(open.size(), kMaxAlarms);
  for (std::size_t i = 0; i < shown; ++i) {
    const words::Sentence sentence = about("WORKER " + std::to_string(open[i]->worker),
                                           words::headline(*open[i], now_, history_.zone()));
    const std::size_t columns = size_.columns - std::min<std::size_t>(size_.columns, 2);
    // One alarm may take two rows; of many, each takes one.
    std::vector<std::string> rows = wrapped(sentence, columns);
    if (shown > 2) rows.resize(1);
    for (const std::string& row : rows) {
      put(line().add(' ' + row + ' ', open[i]->is_dead() ? Style::dead : Style::hung));
    }
  }
  if (open.size() > shown) {
    put(line().add(" +" + std::to_string(open.size() - shown) + " more ", Style::hung));
  }
}

/// Who may be called hung soon, with a bar that rises.
void Table::waits() {
  constexpr std::size_t kCells = 20;
  std::size_t left = kMaxWaits;
  for (const words::Wait& wait : words::waits(now_)) {
    if (left-- == 0) break;
    Line row = line();
    row.add(" worker " + std::to_string(wait.worker) + ": ", Style::bold)
        .add(words::wait_text(wait), Style::slow);
    if (const std::string limit = words::limit_text(wait); !limit.empty()) {
      row.add(", " + limit + "  ");
      for (std::size_t cell = 0; cell < kCells; ++cell) {
        const double filled = wait.share() * kCells - static_cast<double>(cell);
        row.add(filled > 0 ? block(std::min(filled, 1.0)) : "·", Style::slow);
      }
    }
    put(row);
  }
}

void Table::cores() {
  if (history_.cores_unknown(time_ns_)) {
    put(line().add("cores  not known in this container", Style::dim));
  }
  if (now_.cores.empty()) return;
  Line cores = line();
  cores.add("cores ", Style::dim);
  if (now_.cores.size() <= kMostCores) {
    for (const picture::CoreSample& core : now_.cores) {
      cores.add(' ' + std::to_string(core.number) + ' ', Style::dim)
          .add(block(core.utilisation), Style::busy)
          .add_right(words::percent(core.utilisation), 6);
      if (core.own && size_.wide())
        cores.add(" (ours " + words::percent(*core.own) + ')', Style::dim);
    }
  } else {
    double sum = 0;
    for (const picture::CoreSample& core : now_.cores) sum += core.utilisation;
    cores.add_right(words::percent(sum / static_cast<double>(now_.cores.size())), 5)
        .add(" of " + std::to_string(now_.cores.size()) + "  ");
    for (const picture::CoreSample& core : now_.cores) {
      cores.add(block(core.utilisation), Style::busy);
    }
  }
  // Of this machine and this moment: neither a recording nor the past knows it.
  const auto others = words::others_texts(history_.latest().other_programs);
  if (size_.wide() && now_.time_ns == history_.newest_ns() && !others.empty()) {
    cores.add("  " + others.front(), Style::dim);
  }
  put(cores);
}

void Table::workers() {
  const std::size_t room = rows_left() - std::min(rows_left(), kMinEventRows + 1);
  for (const Line& row : worker_rows(history_, time_ns_, {size_.columns, room}, colors_)) put(row);
}

/// What is under way goes first, then what was over last.
void Table::receipts() {
  std::vector<std::pair<std::uint64_t, Line>> over;
  for (const history::Change& change : history::recent_changes(history_, time_ns_)) {
    const Line said = line().add(' ' + joined(words::change_text(change, time_ns_)));
    if (change.open()) {
      put(said);
    } else {
      over.emplace_back(change.end_ns, said);
    }
  }
  for (const history::Incident& incident : incidents_) {
    if (incident.open()) continue;
    const bool recent = time_ns_ < incident.back_ns + words::kReceiptNs;
    over.emplace_back(
        incident.back_ns,
        line()
            .add(" worker " + std::to_string(incident.worker) + ' ', Style::bold)
            .add(joined(recent ? words::receipt(incident) : words::brief_receipt(incident))));
  }
  std::stable_sort(over.begin(), over.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  for (std::size_t i = 0; i < std::min(over.size(), kMaxReceipts); ++i) put(over[i].second);
}

void Table::events() {
  for (const telemetry::EventRecord& event : history_.events(time_ns_, rows_left())) {
    Line row = line();
    row.add(
        words::clock_time(static_cast<std::int64_t>(event.wall_clock_ns), history_.zone()) + "  ",
        Style::dim);
    const auto fits = [&row](const std::string& text) {
      return columns_of(text) <= row.columns_left();
    };
    put(row.add(telemetry::event_line(event).fitted(fits)));
  }
}

void Table::last_line(const Footer& footer) {
  if (size_.rows == 0) return;
  Line last = line();
  if (history_.newest_ns() != 0) {
    last.add(words::clock_time(history_.wall_clock_at(time_ns_), history_.zone()) + "  ");
  }
  last.add(footer.alert ? ' ' + footer.mode + ' ' : footer.mode,
           footer.alert ? Style::hung : Style::bold)
      .add("   " + footer.help, Style::dim);
  lines_.push_back(last.bytes());
}

}  // namespace

std::vector<std::string> table(const history::History& history, std::uint64_t time_ns,
                               const Footer& footer, TableSize size, Colors colors) {
  return Table(history, time_ns, size, colors).draw(footer);
}

}  // namespace forkscope::text
