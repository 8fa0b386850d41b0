// An event as a line for people: the server's log and the visualizer say the same. Everything
// returned is printable UTF-8, whatever the segment held.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forkscope/telemetry/flexible_text.h"
#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

/// "worker 3 hung 2.00 s in GET /v1/faults/hang (spin)"
std::string describe(const EventRecord& event);
/// With the whole of `text`, of which the event has room only for the beginning.
std::string describe(const EventRecord& event, std::string_view text);
/// The same as describe(event), for little room.
FlexibleText event_line(const EventRecord& event);

/// The event's text, made printable and clamped: nobody else reads `EventRecord::text`.
std::string event_text(const EventRecord& event);

/// What a worker hangs in. One of the two is empty; both are where it is not known.
struct HungIn {
  std::string request = {};  ///< "GET /v1/todos"
  std::string phase = {};    ///< "idle": of its event loop, outside of any request.
};
/// The text of a `hung` event, taken apart: a request is a method and a target with a blank between
/// them, and a phase is one word (docs/telemetry-protocol.md). The only place that knows so.
HungIn hung_in(const std::string& text);

/// The text of a `moved` event, taken apart: who got how many connections, in the order of `2:5
/// 3:6` (docs/telemetry-protocol.md). Empty: that is not what a primary writes. The only reader
/// that knows so.
std::vector<std::pair<std::uint32_t, std::uint32_t>> received_by(std::string_view text);

/// " in GET /v1/todos", " while idle", or nothing where `text` is empty.
std::string during(const std::string& text);

/// "SIGKILL", "exit code 3".
std::string exit_text(std::uint32_t cause, std::uint32_t code);

/// "1 worker", "8 workers".
std::string counted(std::uint64_t count, const char* noun);

/// "840 µs", "1.8 ms", "4.20 s", "3 min 5 s"
std::string duration_text(std::uint64_t duration_ns);

}  // namespace forkscope::telemetry
