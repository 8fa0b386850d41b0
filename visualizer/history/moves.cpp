#include "history/moves.h"

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"
#include "history/history.h"

namespace forkscope::history {

using telemetry::EventRecord;
using telemetry::MoveReason;

namespace {

bool is_worker(std::uint32_t number) { return number > 0 && number <= telemetry::kMaxSlots; }

/// Whether at least so many connections have moved.
bool adds_up(const Move& move) {
  std::uint64_t left = move.connections;
  for (const auto& [worker, connections] : move.to) {
    if (connections > left) return false;
    left -= connections;
  }
  return true;
}

}  // namespace

std::optional<Move> move_of(const EventRecord& event) {
  if (telemetry::traits_of(event).step != telemetry::LifeStep::moves) return std::nullopt;
  Move move;
  move.at_ns = event.time_ns;
  move.duration_ns = event.duration_ns;
  move.from = event.worker;
  move.generation = event.generation;
  move.reason = static_cast<MoveReason>(event.exit_cause);
  move.connections = event.exit_code;
  if (!is_worker(move.from) || telemetry::to_string(move.reason).empty()) return std::nullopt;
  move.to = telemetry::received_by(telemetry::event_text(event));
  if (move.to.empty() || !adds_up(move)) return std::nullopt;
  return move;
}

std::vector<Move> moves_between(const History& history, std::uint64_t from_ns,
                                std::uint64_t to_ns) {
  std::vector<Move> moves;
  for (const EventRecord& event : history.events_between(from_ns, to_ns)) {
    if (auto move = move_of(event)) moves.push_back(std::move(*move));
  }
  return moves;
}

}  // namespace forkscope::history
