// Reads one server's telemetry segment, again and again, from where the reading stood.
//
// Owns the read-only mapping, a cursor into each lane, and the pidfd of the primary. Writes nothing
// and never waits: what a writer overwrote before it was read is counted as lost. Main thread only.
// Everything in the segment may be a lie (segment_view.h); text is made printable here.
#pragma once

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "live/latency_meter.h"
#include "live/primary_watch.h"
#include "picture/latency.h"
#include "picture/snapshot.h"

namespace forkscope::live {

/// What has happened since the segment was read before.
struct News {
  std::vector<picture::Answer> answers;  ///< Of all workers, oldest first.
  std::vector<telemetry::EventRecord> events;
  std::vector<picture::LatencyCount> latency;  ///< Looked at ten times per second.
};

class SegmentReader {
 public:
  explicit SegmentReader(telemetry::SegmentView view);

  std::uint64_t instance_id() const { return view_.header().instance_id; }
  /// What the header says of the server, which was found on `port`.
  picture::ServerInfo server(std::uint16_t port) const;

  /// Brings workers, totals, and what the primary says of itself up to date, and adds to `news`.
  void read(std::uint64_t now_ns, picture::Snapshot& snapshot, News& news);

  PrimaryWatch::Life primary_life() const { return primary_.life(); }
  /// A lane contradicts itself.
  bool is_damaged() const;

 private:
  void read_answers(News& news);
  void read_events(News& news);
  void read_totals(std::uint64_t now_ns, picture::Snapshot& snapshot, News& news);
  std::vector<std::uint64_t> read_latency(News& news);
  void read_beat(std::uint64_t now_ns, picture::Snapshot& snapshot) const;

  telemetry::SegmentView view_;
  PrimaryWatch primary_;
  telemetry::LaneCursor<telemetry::EventRecord> event_lane_;
  std::vector<telemetry::LaneCursor<telemetry::RequestRecord>> request_lanes_;  // by slot
  LatencyMeter latency_;
  std::vector<std::vector<std::uint64_t>> histograms_;  // by slot, as they were at the latest look
  bool first_look_ = true;
};

}  // namespace forkscope::live
