// The writing side: creation of the segment, and the primary's and a worker's places in it.
#pragma once

#include <cstdint>
#include <string>

#include "forkscope/telemetry/lane.h"
#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/mapping.h"
#include "forkscope/telemetry/slot_writer.h"
#include "os/unique_fd.h"

namespace forkscope::telemetry {

struct SegmentOptions {
  std::uint32_t slots = 32;  ///< 1 … kMaxSlots.
  std::uint32_t port = 0;
  std::string host = {};
  std::uint64_t hang_after_ns = 0;
  std::uint64_t kill_after_ns = 0;
  bool faults_enabled = false;
  bool runs_program = false;
};

using BeatLane = LaneWriter<BeatRecord, kBeatCapacity>;
using RosterLane = LaneWriter<RosterRecord, kRosterCapacity>;
using EventLane = LaneWriter<EventRecord, kEventCapacity>;

/// Owns the memfd and its writable mapping. Created by the primary before the first fork;
/// inherited by every worker.
class Segment {
 public:
  /// Allocates, maps and seals. Throws std::system_error, also when memory is short: all pages
  /// are allocated here, so that no process meets a SIGBUS later.
  static Segment create(const SegmentOptions& options);

  int fd() const { return fd_.get(); }
  const std::byte* data() const { return mapping_.data(); }
  std::size_t size() const { return mapping_.size(); }
  const Header& header() const { return header_; }

  // For the primary, and no child of it.
  BeatLane beat() const;
  RosterLane roster(std::uint32_t slot) const;
  EventLane events() const;
  /// For a worker its own slot; for the primary any slot whose process has been reaped, or is
  /// frozen (protection/ledger.h).
  SlotWriter slot(std::uint32_t slot) const;

  /// In a child of the primary, right after the fork: makes everything but its own slot read-only,
  /// so that a wild pointer here can't touch another's figures, and takes the slot's page faults
  /// now.
  void confine_to_slot(std::uint32_t slot) const;

 private:
  Segment(os::UniqueFd fd, Mapping mapping, const Header& header);
  bool is_primary() const;  // asserted only
  Word* item(SectionId id, std::uint32_t index) const;

  os::UniqueFd fd_;
  Mapping mapping_;
  Header header_;
};

}  // namespace forkscope::telemetry
