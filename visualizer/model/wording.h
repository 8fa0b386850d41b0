// Events and incidents as lines for people: the window, the text view and its tests say the same.
// Everything returned is printable UTF-8, whatever the segment held.
#pragma once

#include <cstdint>
#include <string>

#include "forkscope/telemetry/layout.h"
#include "model/incidents.h"
#include "model/snapshot.h"

namespace forkscope::model {

/// "SIGABRT", "exit code 3".
std::string exit_cause(std::uint32_t cause, std::uint32_t code);

/// "worker 3 hung 2.00 s in GET /v1/faults/hang (spin)"
std::string event_line(const telemetry::EventRecord& event);

/// An open incident at the moment of a picture, without the worker's number:
/// "HUNG 4.2 s · in GET /v1/faults/hang · kill in 0.8 s · others served 12,904"
std::string headline(const Incident& incident, const Snapshot& now);
/// A closed one:
/// "hung 5.00 s · SIGABRT · back after 38 ms · 1 request lost · others served 15,331"
std::string receipt(const Incident& incident);

}  // namespace forkscope::model
