// How a worker's state shows: one word and one shape, the same in the window and on a terminal.
// Colours belong to whoever draws.
#pragma once

#include <cstdint>
#include <string_view>

#include "forkscope/telemetry/worker_report.h"
#include "history/history.h"

namespace forkscope::words {

enum class Look {
  idle,
  busy,
  slow,
  fresh,
  starting,
  draining,
  hung,
  aborting,
  dead,
  backoff,
  unknown
};

inline constexpr std::uint64_t kFreshNs = 2'000'000'000;  // a successor is "NEW" for so long
inline constexpr std::uint64_t kSlowNs = 250'000'000;     // one request for so long: slow

/// `now_ns` is the time of the picture that the report is from. A worker that serves short requests
/// (`served_lately`) counts as busy throughout: nobody could follow every change.
Look look_of(const telemetry::WorkerReport& worker, std::uint64_t now_ns, bool served_lately);

/// The same of a worker at the view time `time_ns`, whose picture is of `picture_ns`: it serves
/// short requests if one has ended in the half second before.
Look look_at(const history::History& history, const telemetry::WorkerReport& worker,
             std::uint64_t time_ns, std::uint64_t picture_ns);

std::string_view word(Look look);   ///< "idle", "HUNG"; capitals are for what wants attention.
std::string_view shape(Look look);  ///< One character of UTF-8, one column wide.

}  // namespace forkscope::words
