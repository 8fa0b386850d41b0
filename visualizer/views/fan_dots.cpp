#include "views/fan_dots.h"

#include <algorithm>
#include <cmath>

namespace forkscope::views {

namespace {

std::optional<std::size_t> place_of(std::span<const telemetry::WorkerReport> workers,
                                    std::uint32_t number) {
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const auto& worker) { return worker.number == number; });
  if (found == workers.end()) return std::nullopt;
  return static_cast<std::size_t>(found - workers.begin());
}

}  // namespace

std::vector<FanDot> fan_dots(std::span<const picture::Answer> answers,
                             std::span<const telemetry::WorkerReport> workers,
                             std::uint64_t time_ns) {
  std::vector<FanDot> dots;
  for (const picture::Answer& answer : answers) {
    const bool heard = answer.heard_from > 0;
    const std::uint64_t leaves_ns = answer.end_ns + (heard ? kDotNs : 0);
    if (time_ns < leaves_ns || time_ns - leaves_ns >= kDotNs) continue;
    const auto to = place_of(workers, answer.worker);
    if (!to) continue;
    const auto from = heard ? place_of(workers, answer.heard_from) : std::nullopt;
    const float flown = static_cast<float>(time_ns - leaves_ns) / static_cast<float>(kDotNs);
    dots.push_back({*to, heard, from, heard && !from ? 1.F : flown, answer.status >= 500});
  }
  return dots;
}

Way arc_between(ImVec2 from, ImVec2 to, float ceiling, float width) {
  const float apart = width > 0 ? std::min(1.F, std::abs(to.x - from.x) / width) : 0;
  const float rise = (from.y - ceiling) * (0.55F + 0.35F * apart);
  return {from, to, from.y - rise / 0.75F};
}

}  // namespace forkscope::views
