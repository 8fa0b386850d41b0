// Incidents in sentences for people: the window and the text view say the same. (Events have theirs
// in forkscope/telemetry/event_text.h.)
// Everything returned is printable UTF-8, whatever the segment held.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "history/incidents.h"
#include "picture/snapshot.h"
#include "picture/time_zone.h"
#include "words/glossary.h"
#include "words/phrase.h"

namespace forkscope::words {

/// An open incident at the moment of a picture, without the worker's number:
/// "HUNG 4.2 s · 15 connections moved in 3.0 ms · in GET /v1/faults/hang · kill in 0.8 s · pid
/// 4713, core 3, 4 connections · others served 12,904 · since 12:04:31"
Sentence headline(const history::Incident& incident, const picture::Snapshot& now,
                  const picture::TimeZone& zone, Tone tone = Tone::exact);
/// A closed one; which connections moved only where some did:
/// "hung · out for 5.02 s: noticed after 2.00, killed after 5.01, served again 6 ms later ·
/// 15 connections moved in 3.0 ms · 1 request lost · SIGABRT · others served 15,331"
/// To a class "killed after 5.01" says how a hang ended.
Sentence receipt(const history::Incident& incident, Tone tone = Tone::exact);
/// So long a receipt is told in full, and from then on in brief: what is going on has the place.
inline constexpr std::uint64_t kReceiptNs = 10'000'000'000;
/// The same where there is little room: "hung · out for 5.02 s · 1 request lost".
Sentence brief_receipt(const history::Incident& incident, Tone tone = Tone::exact);

/// What a hang looks like from outside: "it spins", "it sleeps", "frozen by SIGSTOP"; nothing where
/// the kernel did not tell. To a class: "it runs in circles", "it sleeps for ever", "frozen".
std::string_view manner(telemetry::HangKind kind, Tone tone = Tone::exact);

/// One link of the chain of events that answers "why?".
struct ChainStep {
  std::uint64_t time_ns = 0;
  telemetry::EventKind kind = telemetry::EventKind::none;  ///< None: before there was an event.
  std::string title;                                       ///< "declared hung"
  std::string detail;                                      ///< "it spins: a core burns", or nothing
};
/// The chain so far, oldest first: request received, declared hung, connections moved, SIGABRT
/// sent, exited, respawned, ready. `incident` as it was known at the time (History::incidents(t)).
std::vector<ChainStep> chain(const history::Incident& incident, Tone tone = Tone::exact);

/// "12 wait in its queue": connections that nobody else can take; nothing where there are none.
std::string queue_text(const telemetry::WorkerReport& worker);

}  // namespace forkscope::words
