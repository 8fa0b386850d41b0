// One step of the past: the picture at a moment, and what has happened since the step before.
//
// All that the visualizer remembers is made of frames, ten per second and one at each event. Live
// they come from a FrameBuilder, in a replay from a file; History (history.h) cannot tell the
// difference, so a replay shows what was seen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "model/latency.h"
#include "model/snapshot.h"

namespace forkscope::model {

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
  std::uint64_t events_lost = 0;   ///< Likewise.
  std::vector<telemetry::EventRecord> events;
  LatencyColumn latency{};                    ///< Of all workers.
  std::vector<WorkerLatency> worker_latency;  ///< By number; only workers with ended requests.
  std::vector<std::uint64_t> markers;         ///< Moments that the user has marked.
};

/// Gathers what a source has seen into frames.
class FrameBuilder {
 public:
  /// Takes what is new. True: a frame is due, and take() gives it.
  bool add(const Snapshot& snapshot, std::span<const Answer> answers,
           std::span<const telemetry::EventRecord> events, std::span<const LatencyCount> latency);
  void add_marker(std::uint64_t time_ns) { pending_.markers.push_back(time_ns); }
  /// Ends the frame, with `snapshot` as its picture.
  Frame take(const Snapshot& snapshot);

  /// Answers that are not part of a frame yet, oldest first.
  const std::vector<Answer>& pending_answers() const { return pending_.answers; }

 private:
  Frame pending_;
  std::vector<LatencyCount> latency_;
  std::uint64_t previous_ns_ = 0;        // of the latest frame
  std::uint64_t lost_answers_then_ = 0;  // what the latest frame accounts for
  std::uint64_t lost_events_then_ = 0;
  Attachment attachment_then_ = Attachment::searching;
  std::uint64_t instance_then_ = 0;
};

}  // namespace forkscope::model
