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

/// " · since 12:04:31"; nothing where the picture has no wall clock.
std::string since_clock(std::uint64_t time_ns, const Snapshot& now) {
  if (now.wall_clock_ns == 0) return {};
  const auto age = static_cast<std::int64_t>(since(time_ns, now.time_ns));
  return std::string(kDot) + "since " + clock_time(now.wall_clock_ns - age);
}

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
    const std::string where = (stopped ? " frozen by SIGSTOP" : "") + during(incident.request);
    if (!where.empty()) line += std::string(kDot) + where.substr(1);
    line += since_clock(incident.start_ns(), now);
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

std::vector<ChainStep> chain(const Incident& incident) {
  std::vector<ChainStep> steps;
  const auto add = [&steps](std::uint64_t time_ns, std::string text) {
    if (time_ns != 0) steps.push_back({time_ns, std::move(text)});
  };
  const bool in_request = incident.request.find('/') != std::string::npos;
  add(incident.stuck_since_ns, in_request ? "received " + incident.request
                               : incident.request.empty()
                                   ? "stuck"
                                   : "stuck" + telemetry::during(incident.request));
  const std::string_view kind = to_string(incident.hang_kind);
  add(incident.declared_ns,
      kind.empty() ? "declared hung" : "declared hung (" + std::string(kind) + ')');
  add(incident.abort_ns, "SIGABRT sent");
  add(incident.kill_ns, "SIGKILL sent");
  const std::string end = exit_text(incident.exit_cause, incident.exit_code);
  if (incident.deaths > 1) {
    add(incident.first_exit_ns, "died");
    add(incident.exit_ns, "died again, " + grouped(incident.deaths) + "× in all: " + end);
  } else {
    add(incident.exit_ns, "exited: " + end + " · " + lost(incident.abandoned));
  }
  add(incident.fork_ns, "respawned");
  add(incident.back_ns, incident.recovered  ? "went on by itself"
                        : incident.replaced ? "ready"
                                            : "not replaced");
  std::stable_sort(steps.begin(), steps.end(), [](const ChainStep& left, const ChainStep& right) {
    return left.time_ns < right.time_ns;
  });
  return steps;
}

}  // namespace forkscope::model
