// An event as a line for people: the server's log and the visualizer say the same. Everything
// returned is printable UTF-8, whatever the segment held.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

/// "worker 3 hung 2.00 s in GET /v1/faults/hang (spin)"
std::string describe(const EventRecord& event);
/// With the whole of `text`, of which the event has room only for the beginning.
std::string describe(const EventRecord& event, std::string_view text);

/// The event's text, made printable and clamped.
std::string event_text(const EventRecord& event);

/// " in GET /v1/todos"; or, where a worker is in no request and the primary names the phase of its
/// event loop instead, " while idle"; nothing for nothing.
std::string during(const std::string& what);

/// "SIGKILL", "exit code 3".
std::string exit_text(std::uint32_t cause, std::uint32_t code);

/// "1 worker", "8 workers".
std::string counted(std::uint64_t count, const char* noun);

/// "840 µs", "1.8 ms", "4.20 s", "3 min 5 s"
std::string duration_text(std::uint64_t duration_ns);

}  // namespace forkscope::telemetry
