#include "comparison/table.h"

#include <algorithm>
#include <numeric>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"
#include "words/format.h"
#include "words/rates.h"

namespace forkscope::comparison {

namespace {

constexpr std::size_t kSharesShown = 8;  // of more workers the least and the most

/// "26 24 27 23 %": they add up to a hundred.
std::string shares(const std::vector<std::uint64_t>& counts) {
  const std::vector<double> parts(counts.begin(), counts.end());
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (all == 0) return "–";
  const std::vector<std::uint64_t> percents = words::apportioned(parts, 100);
  if (percents.size() > kSharesShown) {
    const auto [least, most] = std::minmax_element(percents.begin(), percents.end());
    return std::to_string(*least) + " to " + std::to_string(*most) + " %";
  }
  std::string text;
  for (const std::uint64_t percent : percents) text += std::to_string(percent) + ' ';
  return text + '%';
}

bool is_measured(const Row& row) {
  return std::any_of(row.by_worker.begin(), row.by_worker.end(),
                     [](std::uint64_t count) { return count > 0; });
}

std::string duration(std::uint64_t ns) { return ns == 0 ? "–" : telemetry::duration_text(ns); }

std::string line_of(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += ' ' + cell + " |";
  return line + '\n';
}

}  // namespace

const Cells& heads() {
  static const Cells kHeads{"way",        "share of each worker", "fair",   "p50",        "p99",
                            "p99 uneven", "wait in a hang",       "broken", "CPU/request"};
  return kHeads;
}

bool starves(const Row& row) { return row.hang_ns > 0 && row.longest_wait_ns > row.hang_ns / 2; }

Cells cells(const Row& row) {
  return {std::string(telemetry::to_string(row.balance)),
          shares(row.by_worker),
          is_measured(row) ? words::hundredths(row.fairness()) : "–",
          duration(row.even_p50_ns),
          duration(row.even_p99_ns),
          duration(row.uneven_p99_ns),
          duration(row.longest_wait_ns),
          words::grouped(row.broken),
          row.cpu_ns ? telemetry::duration_text(*row.cpu_ns) : "–"};
}

std::string markdown(const std::string& title, const Comparison& comparison) {
  std::string text = "# " + title + "\n\n" + line_of(heads()) + '|';
  for (std::size_t i = 0; i < heads().size(); ++i) text += "---|";
  text += '\n';
  for (const Row& row : comparison.rows()) text += line_of(cells(row));
  return text + "\n" + words::grouped(static_cast<std::uint64_t>(Comparison::kRate)) +
         " requests per second, a connection each, to " +
         words::counted(comparison.workers(), "worker") +
         ": first all alike, then one in ten burns 20 ms of CPU time, then the same while a worker "
         "hangs. Seen by the clients: shares and *fair* (Jain's index, 1 is even) of the requests "
         "before the hang, *wait in a hang* the longest of those in it. CPU time is the server's, "
         "by the "
         "kernel, of the requests that are alike.\n";
}

}  // namespace forkscope::comparison
