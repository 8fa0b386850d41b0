// What is on its way in the fan: a dot for each request that ended lately, from the port to the
// worker that answered it. What a worker has said to all others came through no port there: those
// dots fly from worker to worker, once the dot of the request behind it has arrived. So of a
// broadcast one goes in, and then all come out.
//
// A function of the view time: a pause holds the dots, and a replay shows them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forkscope/telemetry/worker_report.h"
#include "picture/snapshot.h"
#include "views/way.h"

namespace forkscope::views {

/// From the port to a worker, or from one worker to another.
inline constexpr std::uint64_t kDotNs = 800'000'000;

struct FanDot {
  std::size_t to;  ///< Index of the worker that has answered.
  bool heard;      ///< Of another worker, not of a client.
  /// Index of that worker. Where nobody shows it any more, such a dot is at its end all the time.
  std::optional<std::size_t> from;
  float way;  ///< 0: where it comes from; 1: where it goes.
  bool failed;
};

/// `answers` that ended in the 2 * kDotNs before; those of others have no dot.
std::vector<FanDot> fan_dots(std::span<const picture::Answer> answers,
                             std::span<const telemetry::WorkerReport> workers,
                             std::uint64_t time_ns);

/// From the top of one worker's bar to that of another one's, in an arc that is the higher the
/// farther they are apart, and stays below `ceiling`. `width`: of all bars.
Way arc_between(ImVec2 from, ImVec2 to, float ceiling, float width);

}  // namespace forkscope::views
