// Makes frames of what a source sees: ten per second, and one at each event.
//
// Owned by History, and called by the visualizer's main thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "picture/frame.h"
#include "picture/latency.h"
#include "picture/snapshot.h"

namespace forkscope::history {

/// Gathers what a source has seen into frames.
class FrameBuilder {
 public:
  /// Takes what is new. True: a frame is due, and take() gives it.
  bool add(const picture::Snapshot& snapshot, std::span<const picture::Answer> answers,
           std::span<const telemetry::EventRecord> events,
           std::span<const picture::LatencyCount> latency);
  void add_marker(std::uint64_t time_ns) { pending_.markers.push_back(time_ns); }
  /// Ends the frame, with `snapshot` as its picture.
  picture::Frame take(const picture::Snapshot& snapshot);

  /// Answers that are not part of a frame yet, oldest first.
  const std::vector<picture::Answer>& pending_answers() const { return pending_.answers; }

 private:
  picture::Frame pending_;
  std::vector<picture::LatencyCount> latency_;
  std::uint64_t previous_ns_ = 0;        // of the latest frame
  std::uint64_t lost_answers_then_ = 0;  // what the latest frame accounts for
  std::uint64_t lost_events_then_ = 0;
  picture::Attachment attachment_then_ = picture::Attachment::searching;
  std::uint64_t instance_then_ = 0;
};

}  // namespace forkscope::history
