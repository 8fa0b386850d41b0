#include "operation/answered_targets.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace forkscope::operation {

namespace {

using telemetry::Method;

/// What is asked of a server's state by those who watch it: `./demo`, a page, Prometheus.
bool is_of_watchers(std::string_view path) {
  static constexpr std::array<std::string_view, 4> kPaths{"/livez", "/readyz", "/metrics",
                                                          "/v1/workers"};
  return std::find(kPaths.begin(), kPaths.end(), path) != kPaths.end();
}

/// It can be sent again as it was, and may be: what deletes or replaces is nobody's load.
bool is_loadable(const picture::Answer& answer) {
  const std::string_view path = answer.path_tail;
  return (answer.method == Method::get || answer.method == Method::post) &&
         answer.status / 100 == 2 && path.starts_with('/') && !path.starts_with("/v1/faults/") &&
         !is_of_watchers(path) &&
         std::all_of(path.begin(), path.end(), [](char byte) { return byte > ' ' && byte < 0x7f; });
}

bool is_of(const load::Target& target, const picture::Answer& answer) {
  return target.path == answer.path_tail &&
         target.method == (answer.method == Method::post ? "POST" : "GET");
}

}  // namespace

void AnsweredTargets::add(std::span<const picture::Answer> answers) {
  for (const picture::Answer& answer : answers) {
    const bool known =
        std::any_of(targets_.begin(), targets_.end(),
                    [&](const load::Target& target) { return is_of(target, answer); });
    if (known || targets_.size() == kMost || !is_loadable(answer)) continue;
    targets_.push_back({answer.method == Method::post ? "POST" : "GET", answer.path_tail});
  }
}

}  // namespace forkscope::operation
