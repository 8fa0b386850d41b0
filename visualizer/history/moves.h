// Connections that went from one worker to others, as the primary's event lane tells it.
//
// Plain values. The only place that reads the text of a `moved` event: "2:5 3:6", five at worker 2
// and six at worker 3 (docs/telemetry-protocol.md).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "forkscope/telemetry/layout.h"

namespace forkscope::history {

class History;

/// What moved at once, from one worker and for one reason.
struct Move {
  std::uint64_t at_ns = 0;        ///< When it was told: the last one has arrived. CLOCK_MONOTONIC.
  std::uint64_t duration_ns = 0;  ///< From the first thought of it to the last connection.
  std::uint32_t from = 0;         ///< Worker number.
  std::uint32_t generation = 0;   ///< Of the process that had them.
  telemetry::MoveReason reason = telemetry::MoveReason::none;
  std::uint32_t connections = 0;
  /// Worker number and how many it got. Fewer than `connections` where so many workers got some
  /// that the event has no room for all of them.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> to;
};

/// Nothing for an event of another kind, and for one that cannot be true.
std::optional<Move> move_of(const telemetry::EventRecord& event);

/// Those that were told in (from, to], oldest first.
std::vector<Move> moves_between(const History& history, std::uint64_t from_ns, std::uint64_t to_ns);

}  // namespace forkscope::history
