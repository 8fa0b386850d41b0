// Where the primary says what has happened: every event goes into the telemetry's event lane and,
// as one line, to the log on stderr. Primary only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "supervisor/settings.h"

namespace forkscope::supervisor {

class EventLog {
 public:
  /// `segment` and `view` are of the same memory, and outlive this.
  EventLog(const telemetry::Segment& segment, const telemetry::SegmentView& view, LogFormat format);

  /// Completes the record (time, wall clock, requests served, text) and publishes it.
  void record(telemetry::EventRecord event, std::string_view text = {});

  /// A line for the log alone.
  void note(const std::string& line);

 private:
  telemetry::EventLane lane_;
  const telemetry::SegmentView* view_;
  LogFormat format_;
};

}  // namespace forkscope::supervisor
