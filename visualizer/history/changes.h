// Changes that somebody asked for: a rolling reload, another number of workers. Derived from the
// primary's event lane alone.
//
// Plain values. They are no incidents, but have receipts like those.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "forkscope/telemetry/layout.h"

namespace forkscope::history {

class History;

enum class ChangeKind { reload, scale };

/// Times are CLOCK_MONOTONIC.
struct Change {
  ChangeKind kind = ChangeKind::reload;
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;  ///< All workers are as they should be, or it was given up; 0: not yet.
  std::string why_early = {};             ///< Of a reload that was given up, printable.
  std::uint32_t before = 0;               ///< Workers that were wanted when it began; 0: not known.
  std::uint32_t wanted = 0;               ///< The same behind it.
  std::set<std::uint32_t> replaced = {};  ///< Reload: workers whose successor serves, by number.
  /// Reload: who stands in for the one that is being replaced, by number and generation.
  std::pair<std::uint32_t, std::uint32_t> extra = {};
  std::uint32_t moved = 0;      ///< Connections that those had who left because of it.
  std::uint32_t abandoned = 0;  ///< Requests that were lost with those.
  /// Who was asked to go, by number and generation.
  std::set<std::pair<std::uint32_t, std::uint32_t>> leaving = {};

  std::uint32_t left = 0;     ///< How many of those have ended.
  std::uint64_t left_ns = 0;  ///< When the latest of them did.
  bool settled = false;       ///< Nothing will be added to it.
  /// Once it is settled, of all connections of the server: what nobody closed while it lasted, it
  /// has not closed either. Otherwise nobody counts who closed them.
  bool none_closed = false;

  bool open() const { return end_ns == 0; }
};

/// As known at `to_ns`, oldest first: those that began in (from, to].
std::vector<Change> changes_between(const History& history, std::uint64_t from_ns,
                                    std::uint64_t to_ns);
/// Those that began in the minute before `time_ns`: they are open, or have a receipt that is new.
std::vector<Change> recent_changes(const History& history, std::uint64_t time_ns);

}  // namespace forkscope::history
