#include "history/changes.h"

#include <algorithm>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"
#include "history/history.h"
#include "history/moves.h"

namespace forkscope::history {

using telemetry::EventKind;
using telemetry::EventRecord;

namespace {

/// So long the last connections may be on their way to those who get them.
constexpr std::uint64_t kOnTheirWayNs = 300'000'000;

/// Follows events in their order.
class Changes {
 public:
  explicit Changes(const History& history) : history_(history) {}

  void add(const EventRecord& event) {
    switch (static_cast<EventKind>(event.kind)) {
      case EventKind::reload: return event.exit_code != 0 ? begin_reload(event) : end_reload(event);
      case EventKind::scale: return begin_scale(event);
      case EventKind::shutdown: return end_all(event.time_ns);
      case EventKind::disconnect:
        if (Change* change = newest_open()) {
          change->leaving.insert({event.worker, event.generation});
        }
        return;
      case EventKind::fork: return note_extra(event);
      case EventKind::listening: return note_newcomer(event);
      case EventKind::exit: return note_exit(event);
      case EventKind::moved: return note_move(event);
      default: return;
    }
  }

  /// As known at `now_ns`.
  std::vector<Change> take(std::uint64_t now_ns) {
    for (Change& change : changes_) {
      const std::uint64_t over_ns = std::max(change.end_ns, change.left_ns) + kOnTheirWayNs;
      change.settled = !change.open() && change.left == change.leaving.size() && now_ns >= over_ns;
      if (!change.settled) continue;
      const auto closed = history_.closed_between(change.begin_ns, over_ns);
      change.none_closed = closed == std::uint64_t{0};
    }
    return std::move(changes_);
  }

 private:
  Change* newest_open() {
    const auto open = std::find_if(changes_.rbegin(), changes_.rend(),
                                   [](const Change& change) { return change.open(); });
    return open != changes_.rend() ? &*open : nullptr;
  }

  /// What that process does in leaving belongs to the change that has it leave.
  Change* left_because_of(std::uint32_t worker, std::uint32_t generation) {
    const auto change = std::find_if(changes_.rbegin(), changes_.rend(), [&](const Change& one) {
      return one.leaving.contains({worker, generation});
    });
    return change != changes_.rend() ? &*change : nullptr;
  }

  /// The number of workers that is wanted at a change of that moment. Only the first one looks at a
  /// picture: whoever asks holds others, of which the history keeps few.
  std::uint32_t wanted_at(std::uint64_t time_ns) {
    if (wanted_ == 0) {
      wanted_ = static_cast<std::uint32_t>(history_.at(time_ns).server.target_workers);
    }
    return wanted_;
  }

  void begin_reload(const EventRecord& event) {
    Change& change = changes_.emplace_back();
    change.begin_ns = event.time_ns;
    change.before = change.wanted = wanted_at(event.time_ns);
  }

  void end_reload(const EventRecord& event) {
    for (Change& change : changes_) {
      if (change.kind != ChangeKind::reload || !change.open()) continue;
      change.end_ns = event.time_ns;
      change.why_early = telemetry::event_text(event);
    }
  }

  /// One that is under way already ends with the number that it has reached.
  void begin_scale(const EventRecord& event) {
    for (Change& change : changes_) {
      if (change.kind == ChangeKind::scale && change.open()) change.end_ns = event.time_ns;
    }
    Change& change = changes_.emplace_back();
    change.kind = ChangeKind::scale;
    change.begin_ns = event.time_ns;
    change.before = wanted_at(event.time_ns);
    change.wanted = wanted_ = event.exit_code;
    serving_.clear();
    gone_.clear();
  }

  void end_all(std::uint64_t time_ns) {
    for (Change& change : changes_) {
      if (change.open()) change.end_ns = time_ns;
    }
  }

  /// Of a worker that is not to stay, the primary says what it is for.
  void note_extra(const EventRecord& event) {
    if (event.text_bytes == 0) return;
    for (Change& change : changes_) {
      const bool reloads = change.kind == ChangeKind::reload && change.open();
      if (reloads) change.extra = {event.worker, event.generation};
    }
  }

  void note_newcomer(const EventRecord& event) {
    serving_.insert(event.worker);
    for (Change& change : changes_) {
      if (!change.open()) continue;
      const bool is_extra =
          change.extra == std::pair(std::uint32_t{event.worker}, event.generation) ||
          (change.wanted != 0 && event.worker > change.wanted);
      if (change.kind == ChangeKind::reload && !is_extra) change.replaced.insert(event.worker);
      end_if_scaled(change, event.time_ns);
    }
  }

  void note_exit(const EventRecord& event) {
    gone_.insert(event.worker);
    if (Change* change = left_because_of(event.worker, event.generation)) {
      change->abandoned += event.abandoned;
      ++change->left;
      change->left_ns = event.time_ns;
      if (change->open()) end_if_scaled(*change, event.time_ns);
    }
  }

  void note_move(const EventRecord& event) {
    const auto move = move_of(event);
    if (!move || move->reason != telemetry::MoveReason::drain) return;
    if (Change* change = left_because_of(move->from, move->generation)) {
      change->moved += move->connections;
    }
  }

  /// All have come, or all have gone, since it began.
  void end_if_scaled(Change& change, std::uint64_t time_ns) const {
    if (change.kind != ChangeKind::scale || change.before == 0) return;
    const bool grows = change.wanted > change.before;
    const std::set<std::uint32_t>& done = grows ? serving_ : gone_;
    const std::uint32_t low = std::min(change.before, change.wanted);
    for (std::uint32_t number = low + 1; number <= std::max(change.before, change.wanted);
         ++number) {
      if (!done.contains(number)) return;
    }
    change.end_ns = time_ns;
  }

  const History& history_;
  std::vector<Change> changes_;
  std::uint32_t wanted_ = 0;         // workers; 0: not known yet
  std::set<std::uint32_t> serving_;  // numbers of those that came since the latest scaling began
  std::set<std::uint32_t> gone_;     // and of those that ended
};

}  // namespace

std::vector<Change> changes_between(const History& history, std::uint64_t from_ns,
                                    std::uint64_t to_ns) {
  Changes changes(history);
  for (const EventRecord& event : history.events_between(from_ns, to_ns)) changes.add(event);
  return changes.take(to_ns);
}

std::vector<Change> recent_changes(const History& history, std::uint64_t time_ns) {
  constexpr std::uint64_t kRecentNs = 60'000'000'000;
  return changes_between(history, time_ns - std::min(time_ns, kRecentNs), time_ns);
}

}  // namespace forkscope::history
