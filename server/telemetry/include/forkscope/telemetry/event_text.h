// An event as a line for people: in the server's log and in the visualizer's.
#pragma once

#include <cstdint>
#include <string>

#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

/// "worker 3 pid 4713 generation 1: hung for 2.00 s in GET /v1/faults/hang (spin)"
std::string describe(const EventRecord& event);

/// "38 ms", "2.00 s", "3 min": three digits are enough for people.
std::string duration_text(std::uint64_t duration_ns);

/// What the exit fields of an event say: "SIGKILL", "SIGSEGV, core dumped", "exit code 3".
std::string exit_text(std::uint32_t cause, std::uint32_t code, std::uint32_t flags);

/// The event's text, made printable and clamped.
std::string event_text(const EventRecord& event);

}  // namespace forkscope::telemetry
