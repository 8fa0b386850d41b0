#include "history/moves.h"

#include <charconv>
#include <string>
#include <string_view>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"
#include "history/history.h"

namespace forkscope::history {

using telemetry::EventRecord;
using telemetry::MoveReason;

namespace {

/// The number at the beginning of `text`, which is taken off. Nothing: there is none above 0.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(1);
  return true;
}

bool is_worker(std::uint32_t number) { return number > 0 && number <= telemetry::kMaxSlots; }

/// Who got some of `connections`. False: the text is not what a primary writes.
bool read_receivers(std::string_view text, std::uint64_t connections, Move& move) {
  do {
    const auto number = take_number(text);
    if (!number || !is_worker(*number) || !take(text, ':')) return false;
    const auto count = take_number(text);
    if (!count || *count > connections) return false;
    connections -= *count;
    move.to.emplace_back(*number, *count);
  } while (take(text, ' '));
  return text.empty();
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
  if (!read_receivers(telemetry::event_text(event), move.connections, move)) return std::nullopt;
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
