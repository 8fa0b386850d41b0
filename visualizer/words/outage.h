// How long a worker was out, in the parts that its incident measures: what a receipt shows as a bar
// and says in words. All moments are the primary's, from its events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "history/incidents.h"
#include "words/glossary.h"

namespace forkscope::words {

/// CLOCK_MONOTONIC, each at or after the one before; 0 = not known, or no moment of its own.
struct Outage {
  std::uint64_t begin_ns = 0;    ///< What it hung in began, or it was seen dead.
  std::uint64_t noticed_ns = 0;  ///< Declared hung.
  std::uint64_t ended_ns = 0;    ///< Its process had ended: the last one, in a crash loop.
  std::uint64_t over_ns = 0;     ///< Its successor served, or it went on; 0: neither.
};

/// Of an incident that is closed.
Outage outage_of(const history::Incident& incident);

/// "out for 5.02 s: noticed after 2.00, killed after 5.01, served again 6 ms later". What has no
/// unit has that of the whole.
std::string outage_text(const history::Incident& incident, Tone tone = Tone::exact);
/// Whether that says "killed".
bool says_killed(const history::Incident& incident);
/// "out for 5.02 s", "not replaced"; without parts, for little room.
std::string outage_brief(const history::Incident& incident, Tone tone = Tone::exact);

/// How a hang ended without a death: "went on by itself", "continued by SIGCONT"; to a class "let
/// go on".
std::string_view recovery(const history::Incident& incident, Tone tone);

}  // namespace forkscope::words
