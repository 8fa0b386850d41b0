#include "words/wording.h"

#include <algorithm>
#include <string_view>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"

namespace forkscope::words {

using telemetry::duration_text;
using telemetry::during;
using telemetry::exit_text;

namespace {

constexpr std::string_view kDot = " · ";

std::uint64_t since(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

/// What a hang looks like from outside.
std::string manner(telemetry::HangKind kind) {
  switch (kind) {
    case telemetry::HangKind::spin: return "it spins: a core burns";
    case telemetry::HangKind::blocked: return "it sleeps and never wakes";
    case telemetry::HangKind::stopped: return "frozen by SIGSTOP";
    case telemetry::HangKind::none: break;
  }
  return "no progress";
}

/// A process that is stopped cannot go on without somebody's SIGCONT (signal(7)).
std::string recovery(const history::Incident& incident) {
  const bool stopped = incident.hang_kind == telemetry::HangKind::stopped;
  return stopped ? "continued by SIGCONT" : "went on by itself";
}

std::string lost(std::uint64_t requests) { return counted(requests, "request") + " lost"; }

/// " · since 12:04:31"; nothing where the picture has no wall clock.
std::string since_clock(std::uint64_t time_ns, const picture::Snapshot& now) {
  if (now.wall_clock_ns == 0) return {};
  const auto age = static_cast<std::int64_t>(since(time_ns, now.time_ns));
  return std::string(kDot) + "since " + clock_time(now.wall_clock_ns - age);
}

}  // namespace

/// In the order of their weight: where there is little room, the last parts are left out.
std::string headline(const history::Incident& incident, const picture::Snapshot& now) {
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
    // To the digit as long as there is room for it beside everything else.
    const std::uint64_t served = now.totals.requests - incident.served_at_start;
    line += std::string(kDot) + "others served " +
            (served < 100'000 ? grouped(served) : compact(static_cast<double>(served)));
  }
  if (incident.exit_ns == 0) line += since_clock(incident.start_ns(), now);
  return line;
}

std::string receipt(const history::Incident& incident) {
  std::string line;
  if (incident.kind == history::IncidentKind::hang) {
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
    line += std::string(kDot) + recovery(incident);
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

std::vector<ChainStep> chain(const history::Incident& incident) {
  using telemetry::EventKind;
  std::vector<ChainStep> steps;
  const auto add = [&steps](std::uint64_t time_ns, EventKind kind, std::string title,
                            std::string detail = {}) {
    if (time_ns != 0) steps.push_back({time_ns, kind, std::move(title), std::move(detail)});
  };
  const bool in_request = incident.request.find('/') != std::string::npos;
  if (in_request) {
    add(incident.stuck_since_ns, EventKind::none, "request received", incident.request);
  } else {
    add(incident.stuck_since_ns, EventKind::none, "last sign of life",
        incident.request.empty() ? "" : telemetry::during(incident.request).substr(1));
  }
  add(incident.declared_ns, EventKind::hung, "declared hung", manner(incident.hang_kind));
  add(incident.abort_ns, EventKind::abort, "SIGABRT sent", "its time is over");
  add(incident.kill_ns, EventKind::kill, "SIGKILL sent", "it did not end");
  const std::string end = exit_text(incident.exit_cause, incident.exit_code);
  if (incident.deaths > 1) {
    add(incident.first_exit_ns, EventKind::exit, "died");
    add(incident.exit_ns, EventKind::exit, "died again, " + grouped(incident.deaths) + "×", end);
  } else {
    add(incident.exit_ns, EventKind::exit, "exited", end + ", " + lost(incident.abandoned));
  }
  add(incident.fork_ns, EventKind::fork, "respawned",
      "generation " + std::to_string(incident.generation + std::max(incident.deaths, 1U)));
  if (incident.recovered) {
    add(incident.back_ns, EventKind::recovered, recovery(incident));
  } else if (incident.replaced) {
    add(incident.back_ns, EventKind::listening, "ready", "it serves again");
  } else {
    add(incident.back_ns, EventKind::none, "not replaced");
  }
  std::stable_sort(steps.begin(), steps.end(), [](const ChainStep& left, const ChainStep& right) {
    return left.time_ns < right.time_ns;
  });
  return steps;
}

}  // namespace forkscope::words
