#include "model/wording.h"

#include <algorithm>
#include <string_view>

#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/worker_report.h"
#include "model/format.h"

namespace forkscope::model {

using telemetry::EventKind;
using telemetry::EventRecord;
using telemetry::to_string;

namespace {

constexpr std::string_view kDot = " · ";

std::uint64_t since(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

std::string text_of(const EventRecord& event) {
  const std::size_t bytes = std::min<std::size_t>(event.text_bytes, telemetry::kEventTextBytes);
  return telemetry::printable(std::string_view(event.text, bytes));
}

std::string in(const std::string& request) { return request.empty() ? "" : " in " + request; }

std::string lost(std::uint64_t requests) { return counted(requests, "request") + " lost"; }

std::string hung_line(const EventRecord& event) {
  std::string line = " hung";
  if (event.since_ns != 0) line += ' ' + duration(since(event.since_ns, event.time_ns));
  line += in(text_of(event));
  const auto kind = to_string(static_cast<telemetry::HangKind>(event.hang_kind));
  if (!kind.empty()) line += " (" + std::string(kind) + ')';
  return line;
}

std::string exit_line(const EventRecord& event) {
  std::string line = " exited: " + exit_cause(event.exit_cause, event.exit_code);
  if ((event.exit_flags & telemetry::kExitCoreDumped) != 0) line += ", core dumped";
  if (event.abandoned != 0) line += ", " + lost(event.abandoned);
  return line;
}

std::string worker_line(const EventRecord& event) {
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::fork:
      return " forked: pid " + std::to_string(event.pid) + ", generation " +
             std::to_string(event.generation);
    case EventKind::listening: return " listening after " + duration(event.duration_ns);
    case EventKind::hung: return hung_line(event);
    case EventKind::recovered: return " recovered after " + duration(event.duration_ns);
    case EventKind::abort: return " sent SIGABRT";
    case EventKind::kill: return " sent SIGKILL";
    case EventKind::disconnect: return " draining: takes no new connections";
    case EventKind::exit: return exit_line(event);
    case EventKind::backoff:
      return " waits " + duration(event.duration_ns) + " before the next fork";
    case EventKind::stopped: return " stopped";
    case EventKind::continued: return " continued";
    case EventKind::signal:
      return " sent " + telemetry::signal_name(event.exit_code) + " on request";
    default: return ' ' + std::string(to_string(static_cast<EventKind>(event.kind)));
  }
}

}  // namespace

std::string exit_cause(std::uint32_t cause, std::uint32_t code) {
  if (cause == static_cast<std::uint32_t>(telemetry::ExitCause::signaled)) {
    return telemetry::signal_name(code);
  }
  return "exit code " + std::to_string(code);
}

std::string event_line(const EventRecord& event) {
  if (event.worker != 0) return "worker " + std::to_string(event.worker) + worker_line(event);
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::scale: return "scaling to " + counted(event.exit_code, "worker");
    case EventKind::reload:
      return event.exit_code != 0 ? "rolling reload begins" : "rolling reload is done";
    case EventKind::shutdown: return "the server stops";
    default: return "server: " + std::string(to_string(static_cast<EventKind>(event.kind)));
  }
}

std::string headline(const Incident& incident, const Snapshot& now) {
  std::string line;
  const std::uint64_t age = since(incident.start_ns(), now.time_ns);
  if (incident.exit_ns != 0) {
    line = "DEAD " + counting_seconds(since(incident.exit_ns, now.time_ns)) + std::string(kDot) +
           exit_cause(incident.exit_cause, incident.exit_code);
    if (incident.deaths > 1) line += std::string(kDot) + "died " + grouped(incident.deaths) + "×";
  } else {
    line = "HUNG " + counting_seconds(age);
    if (!incident.request.empty()) line += std::string(kDot) + in(incident.request).substr(1);
    const std::uint64_t kill_at = incident.start_ns() + now.server.kill_after_ns;
    if (incident.kill_ns != 0) {
      line += std::string(kDot) + "SIGKILL sent";
    } else if (incident.abort_ns != 0) {
      line += std::string(kDot) + "SIGABRT sent";
    } else if (now.server.kill_after_ns != 0 && incident.stuck_since_ns != 0) {
      line += std::string(kDot) + "kill in " + counting_seconds(since(now.time_ns, kill_at));
    }
  }
  if (now.totals.requests > incident.served_at_start) {
    line += std::string(kDot) + "others served " +
            grouped(now.totals.requests - incident.served_at_start);
  }
  return line;
}

std::string receipt(const Incident& incident) {
  std::string line;
  if (incident.kind == IncidentKind::hang) {
    line = "hung";
    const std::uint64_t end = incident.exit_ns != 0 ? incident.exit_ns : incident.back_ns;
    if (incident.stuck_since_ns != 0) line += ' ' + duration(since(incident.stuck_since_ns, end));
    if (incident.exit_ns != 0) {
      line += std::string(kDot) + exit_cause(incident.exit_cause, incident.exit_code);
    }
  } else {
    line = "crashed: " + exit_cause(incident.exit_cause, incident.exit_code);
  }
  if (incident.deaths > 1) line += std::string(kDot) + "died " + grouped(incident.deaths) + "×";
  if (incident.recovered) {
    line += std::string(kDot) + "went on by itself";
  } else if (!incident.replaced) {
    line += std::string(kDot) + "not replaced";
  } else if (incident.exit_ns != 0) {
    line += std::string(kDot) + "back after " + duration(since(incident.exit_ns, incident.back_ns));
  } else {
    line += std::string(kDot) + "back";  // the exit itself was not seen
  }
  if (incident.exit_ns != 0) line += std::string(kDot) + lost(incident.abandoned);
  if (incident.served_at_end > incident.served_at_start) {
    line += std::string(kDot) + "others served " +
            grouped(incident.served_at_end - incident.served_at_start);
  }
  return line;
}

}  // namespace forkscope::model
