#include "model/wording.h"

#include <algorithm>
#include <string_view>

#include "forkscope/telemetry/event_text.h"
#include "model/format.h"

namespace forkscope::model {

using telemetry::duration_text;
using telemetry::during;
using telemetry::exit_text;

namespace {

constexpr std::string_view kDot = " · ";

std::uint64_t since(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

std::string lost(std::uint64_t requests) { return counted(requests, "request") + " lost"; }

}  // namespace

std::string headline(const Incident& incident, const Snapshot& now) {
  std::string line;
  const std::uint64_t age = since(incident.start_ns(), now.time_ns);
  if (incident.exit_ns != 0) {
    line = "DEAD " + counting_seconds(since(incident.exit_ns, now.time_ns)) + std::string(kDot) +
           exit_text(incident.exit_cause, incident.exit_code);
    if (incident.deaths > 1) line += std::string(kDot) + "died " + grouped(incident.deaths) + "×";
  } else {
    line = "HUNG " + counting_seconds(age);
    const bool stopped = incident.hang_kind == telemetry::HangKind::stopped;
    const std::string where = (stopped ? " stopped" : "") + during(incident.request);
    if (!where.empty()) line += std::string(kDot) + where.substr(1);
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
    if (incident.stuck_since_ns != 0)
      line += ' ' + duration_text(since(incident.stuck_since_ns, end));
    if (incident.exit_ns != 0) {
      line += std::string(kDot) + exit_text(incident.exit_cause, incident.exit_code);
    }
  } else {
    line = "crashed: " + exit_text(incident.exit_cause, incident.exit_code);
  }
  if (incident.deaths > 1) line += std::string(kDot) + "died " + grouped(incident.deaths) + "×";
  if (incident.recovered) {
    line += std::string(kDot) + "went on by itself";
  } else if (!incident.replaced) {
    line += std::string(kDot) + "not replaced";
  } else if (incident.exit_ns != 0) {
    line += std::string(kDot) + "back after " +
            duration_text(since(incident.exit_ns, incident.back_ns));
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
