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
  active,
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

inline constexpr std::uint64_t kFreshNs = 2'000'000'000;  // who has come to others is "NEW" so long

/// What a worker that is well has done lately: nobody could follow every change.
struct Activity {
  bool joined = false;    ///< Others have been there for longer, as after a scaling.
  double served = 0;      ///< Requests that have ended in the last second,
  double before = 0;      ///< and in the best of the four before it.
  double busy_share = 0;  ///< Of the looks of the last two, those that found it at work, 0 … 1.
};

/// From this share on it is busy; below, it serves now and then. Of few looks more would be chance:
/// who is at work half the time would change its word all the time.
inline constexpr double kBusyShare = 0.3;
/// So is who has answered so many in the last second: of very short requests a look sees little.
inline constexpr double kBusyRequests = 500;
/// And remains it for four seconds more while there are so many: of several with nearly the same
/// rate no one is to stand out each time.
inline constexpr double kStillBusyRequests = 400;

/// `now_ns` is the time of the picture that the report is from.
Look look_of(const telemetry::WorkerReport& worker, std::uint64_t now_ns, const Activity& activity);

/// The same of a worker at the view time `time_ns`, whose picture is of `picture_ns`.
Look look_at(const history::History& history, const telemetry::WorkerReport& worker,
             std::uint64_t time_ns, std::uint64_t picture_ns);

std::string_view word(Look look);   ///< "idle", "HUNG"; capitals are for what wants attention.
std::string_view shape(Look look);  ///< One character of UTF-8, one column wide.

}  // namespace forkscope::words
