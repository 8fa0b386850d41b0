#include "words/rates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "words/format.h"

namespace forkscope::words {

namespace {

/// Three digits for the busiest worker, as compact() has it.
std::uint64_t step_for(double most) {
  if (most < 999.5) return 1;
  return most < 99'950 ? 100 : 1'000;
}

std::string text(std::uint64_t steps, std::uint64_t step) {
  if (steps == 0) return "0";
  if (step == 1) return grouped(steps);
  if (step == 1'000) return grouped(steps) + 'k';
  return grouped(steps / 10) + '.' + std::to_string(steps % 10) + 'k';
}

}  // namespace

std::vector<std::uint64_t> apportioned(std::span<const double> parts, std::uint64_t whole) {
  std::vector<std::uint64_t> result(parts.size());
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  if (sum <= 0) return result;
  std::vector<double> cut_off(parts.size());
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double exact = parts[i] / sum * static_cast<double>(whole);
    result[i] = static_cast<std::uint64_t>(exact);
    cut_off[i] = exact - std::floor(exact);
    given += result[i];
  }
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return cut_off[left] > cut_off[right];
  });
  for (std::size_t i = 0; i < order.size() && given < whole; ++i, ++given) ++result[order[i]];
  return result;
}

Rates::Rates(std::span<const telemetry::WorkerReport> workers) {
  std::vector<double> parts;
  for (const telemetry::WorkerReport& worker : workers) {
    if (worker.number == 0 || worker.number > telemetry::kMaxSlots) continue;
    parts.resize(std::max<std::size_t>(parts.size(), worker.number));
    parts[worker.number - 1] = std::max(0.0, worker.requests_per_second);
  }
  if (parts.empty()) return;
  whole_ = std::accumulate(parts.begin(), parts.end(), 0.0);
  step_ = step_for(*std::max_element(parts.begin(), parts.end()));
  const auto steps = apportioned(
      parts, static_cast<std::uint64_t>(std::llround(whole_ / static_cast<double>(step_))));
  for (std::size_t i = 0; i < parts.size(); ++i) parts_.push_back({parts[i], steps[i]});
}

std::string Rates::whole_text() const {
  std::uint64_t steps = 0;
  for (const Part& part : parts_) steps += part.steps;
  return text(steps, step_);
}

double Rates::of(std::uint32_t number) const {
  return number > 0 && number <= parts_.size() ? parts_[number - 1].exact : 0;
}

std::string Rates::text_of(std::uint32_t number) const {
  if (of(number) <= 0) return "0";
  const std::uint64_t steps = parts_[number - 1].steps;
  return steps > 0 ? text(steps, step_) : '<' + text(1, step_);
}

}  // namespace forkscope::words
