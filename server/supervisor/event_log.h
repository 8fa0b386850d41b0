// Where the primary says what has happened: every event goes into the telemetry's event lane and,
// as one line, to the log on stderr. A log that nobody reads (a full pipe, a terminal that was
// stopped by Ctrl-S) loses lines and says how many; it never holds up the primary. Primary only.
#pragma once

#include <spdlog/common.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "supervisor/settings.h"

namespace forkscope::supervisor {

/// A worker's process, as events name it.
struct WorkerProcess {
  std::uint32_t number = 0;
  std::uint32_t pid = 0;
  std::uint32_t generation = 0;
  bool operator==(const WorkerProcess&) const = default;
};

/// An event of that process; the rest is the caller's.
telemetry::EventRecord event_of(telemetry::EventKind kind, const WorkerProcess& worker);

class EventLog {
 public:
  /// `segment` and `view` are of the same memory, and outlive this.
  EventLog(const telemetry::Segment& segment, const telemetry::SegmentView& view, LogFormat format);

  /// Completes the record (time, wall clock, requests served, text) and publishes it.
  void record(const telemetry::EventRecord& event, std::string_view text = {});
  /// The same for an event of the server as a whole; `value` is what `kind` says (layout.h).
  void record(telemetry::EventKind kind, std::uint32_t value, std::string_view text);

  // The two halves of it.
  void publish(telemetry::EventRecord event, std::string_view text);
  void say(const telemetry::EventRecord& event, std::string message);

  /// A line for the log alone.
  void note(const std::string& line);
  /// The same for trouble.
  void warn(const std::string& line);
  // The same about a worker, or in its name. `line` is one, and printable.
  void note(const WorkerProcess& worker, const std::string& line);
  void warn(const WorkerProcess& worker, const std::string& line);
  void report(const WorkerProcess& worker, const std::string& line);  ///< An error.

 private:
  void note(spdlog::level::level_enum level, const std::string& line);
  void note(spdlog::level::level_enum level, const WorkerProcess& worker, const std::string& line);
  void write(spdlog::level::level_enum level, const std::string& line);

  telemetry::EventLane lane_;
  const telemetry::SegmentView* view_;
  LogFormat format_;
  std::uint64_t dropped_ = 0;  ///< Lines, since the last one that could be written.
};

}  // namespace forkscope::supervisor
