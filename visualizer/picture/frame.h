// One step of the past: the picture at a moment, and what has happened since the step before.
//
// All that the visualizer remembers is made of frames, ten per second and one at each event. Live
// they come from a FrameBuilder, in a replay from a file; History (history.h) cannot tell the
// difference, so a replay shows what was seen.
#pragma once

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "picture/latency.h"
#include "picture/snapshot.h"

namespace forkscope::picture {

/// Of the requests that ended between two frames, this many are kept whole: the newest.
inline constexpr std::size_t kAnswersPerFrame = 32;

/// How long one worker's requests took, of those that ended since the frame before.
struct WorkerLatency {
  std::uint16_t worker = 0;  ///< Number.
  std::uint8_t median_row = 0;
  std::uint8_t slowest_row = 0;
};

struct Frame {
  Snapshot picture;
  std::vector<Answer> answers;     ///< Oldest first.
  std::uint64_t answers_seen = 0;  ///< With those that were not kept.
  std::uint64_t answers_lost = 0;  ///< Overwritten before they were read.
  std::uint64_t events_lost = 0;   ///< Overwritten before they were read.
  std::vector<telemetry::EventRecord> events;
  LatencyColumn latency{};                    ///< Of all workers.
  std::vector<WorkerLatency> worker_latency;  ///< By number; only workers with ended requests.
  std::vector<std::uint64_t> markers;         ///< Moments that the user has marked.
};

}  // namespace forkscope::picture
