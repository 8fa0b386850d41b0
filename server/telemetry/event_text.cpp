#include "forkscope/telemetry/event_text.h"

#include <algorithm>
#include <cstdio>

#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {

namespace {

std::string what_happened(const EventRecord& event) {
  const std::string text = event_text(event);
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::fork: return "forked";
    case EventKind::listening:
      return "listening, " + duration_text(event.duration_ns) + " after its fork";
    case EventKind::hung:
      return "hung for " + duration_text(event.duration_ns) + " in " + text + " (" +
             std::string(to_string(static_cast<HangKind>(event.hang_kind))) + ")";
    case EventKind::recovered: return "recovered after " + duration_text(event.duration_ns);
    case EventKind::abort: return "SIGABRT sent";
    case EventKind::kill: return "SIGKILL sent: " + text;
    case EventKind::disconnect: return "draining, takes no new connections";
    case EventKind::exit: {
      std::string line =
          "ended by " + exit_text(event.exit_cause, event.exit_code, event.exit_flags);
      if ((event.exit_flags & kExitWasHung) != 0) line += ", was hung";
      if (event.abandoned > 0) line += ", requests lost: " + std::to_string(event.abandoned);
      return line;
    }
    case EventKind::backoff: return "restarts in " + duration_text(event.duration_ns);
    case EventKind::stopped: return "stopped by a signal";
    case EventKind::continued: return "continued";
    case EventKind::signal: return signal_name(event.exit_code) + " sent on request";
    case EventKind::scale: return "workers wanted: " + std::to_string(event.exit_code);
    case EventKind::reload:
      return event.exit_code != 0 ? "rolling reload begins" : "rolling reload done";
    case EventKind::shutdown: return "shutting down: " + text;
    case EventKind::none: break;
  }
  return "unknown event " + std::to_string(event.kind);
}

}  // namespace

std::string describe(const EventRecord& event) {
  const std::string what = what_happened(event);
  if (event.worker == 0) return what;
  return "worker " + std::to_string(event.worker) + " pid " + std::to_string(event.pid) +
         " generation " + std::to_string(event.generation) + ": " + what;
}

std::string duration_text(std::uint64_t duration_ns) {
  char text[32];
  const double seconds = static_cast<double>(duration_ns) / 1e9;
  if (seconds < 0.001) {
    std::snprintf(text, sizeof text, "%.0f µs", seconds * 1e6);
  } else if (seconds < 0.9995) {
    std::snprintf(text, sizeof text, "%.*f ms", seconds < 0.00995 ? 1 : 0, seconds * 1e3);
  } else if (seconds < 99.5) {
    std::snprintf(text, sizeof text, "%.*f s", seconds < 9.995 ? 2 : 1, seconds);
  } else if (seconds < 600) {
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  } else {
    std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
  }
  return text;
}

std::string exit_text(std::uint32_t cause, std::uint32_t code, std::uint32_t flags) {
  if (static_cast<ExitCause>(cause) != ExitCause::signaled) {
    return "exit code " + std::to_string(code);
  }
  return signal_name(code) + ((flags & kExitCoreDumped) != 0 ? ", core dumped" : "");
}

std::string event_text(const EventRecord& event) {
  return printable({event.text, std::min<std::size_t>(event.text_bytes, kEventTextBytes)});
}

}  // namespace forkscope::telemetry
