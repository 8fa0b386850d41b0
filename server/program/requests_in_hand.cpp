#include "program/requests_in_hand.h"

#include <algorithm>
#include <iterator>

namespace forkscope::program {

void RequestsInHand::begin(const Report& report, std::uint64_t now_ns) {
  if (const auto same = by_id_.find(report.id); same != by_id_.end()) {
    give_up(same->second);
  } else if (requests_.size() == kMost) {
    give_up(requests_.begin());
  }
  requests_.push_back({std::string(report.id),
                       std::string(report.path.substr(0, telemetry::kPathBytes)),
                       slot_.begin_in_any_order(now_ns, report.method, report.path)});
  by_id_.emplace(requests_.back().id, std::prev(requests_.end()));
}

bool RequestsInHand::end(const Report& report, std::uint64_t now_ns) {
  const auto found = by_id_.find(report.id);
  if (found == by_id_.end()) return false;
  const auto request = found->second;
  // Both lines may have been read at once, long after they were written.
  if (report.took_us) {
    request->begun.start_ns = now_ns - 1000 * std::min(*report.took_us, now_ns / 1000);
  }
  slot_.end_in_any_order(request->begun, now_ns, report.status, report.bytes);
  slot_.sent(report.bytes);
  remove(request);
  return true;
}

void RequestsInHand::give_up_all() {
  while (!requests_.empty()) give_up(requests_.begin());
}

void RequestsInHand::give_up(Requests::iterator request) {
  slot_.give_up(request->begun);
  remove(request);
}

/// It has ended for the slot.
void RequestsInHand::remove(Requests::iterator request) {
  const bool was_shown = std::next(request) == requests_.end();
  by_id_.erase(request->id);
  requests_.erase(request);
  if (!was_shown || requests_.empty()) return;
  Request& latest = requests_.back();
  slot_.show_again(latest.begun, latest.path);
}

}  // namespace forkscope::program
