#include "operation/answered_targets.h"

#include <algorithm>
#include <string_view>

namespace forkscope::operation {

namespace {

using telemetry::Method;

/// It can be sent again as it was, and may be: what deletes or replaces is nobody's load.
bool is_loadable(const picture::Answer& answer) {
  const std::string_view path = answer.path_tail;
  return (answer.method == Method::get || answer.method == Method::post) &&
         answer.status / 100 == 2 && path.starts_with('/') && !path.starts_with("/v1/faults/") &&
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
