// What everybody has to know of a kind of event, one row each: the log, `/v1`, the window, the text
// view and the incidents work from these rows. A new kind is its number in layout.h (and in
// docs/telemetry-protocol.md), its row in event_kinds.cpp, and whoever records it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/flexible_text.h"
#include "forkscope/telemetry/layout.h"

namespace forkscope::telemetry {

/// What an event means for the life of its worker's process. Incidents are made of these steps, and
/// the window gives each its shape and colour.
enum class LifeStep {
  none,
  begins,   ///< The process exists.
  serves,   ///< It is ready.
  hangs,    ///< An incident begins.
  goes_on,  ///< It hung, and does so no more: the incident ends.
  aborted,  ///< It was asked to dump core.
  killed,   ///< It was sent SIGKILL.
  leaves,   ///< It was asked to go: its end will be no crash.
  moves,    ///< Its connections go on at other workers.
  ends,     ///< There is no process any more; if nobody asked for it, an incident begins.
  waits,    ///< There is none, and the next one has to wait.
};

/// How the log takes it.
enum class Severity {
  info,
  warning,
  by_exit,  ///< A warning, unless the process ended with exit code 0.
};

/// Whose event it is.
enum class Subject { worker, server };

struct EventTraits {
  EventKind kind;
  std::string_view name;  ///< In JSON and in the protocol: "fork".
  Subject subject;
  LifeStep step;
  Severity severity;
  /// What is said of it after "worker 3", or as a whole sentence of the server; `text` is the
  /// event's, printable. Null: the name.
  FlexibleText (*sentence)(const EventRecord& event, const std::string& text);
};

/// The row of a kind; of a number that has none, the row of EventKind::none ("unknown").
const EventTraits& traits_of(EventKind kind);
inline const EventTraits& traits_of(const EventRecord& event) {
  return traits_of(static_cast<EventKind>(event.kind));
}

/// By the severity of its kind.
bool is_warning(const EventRecord& event);

}  // namespace forkscope::telemetry
