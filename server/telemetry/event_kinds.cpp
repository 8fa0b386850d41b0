#include "forkscope/telemetry/event_kinds.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::telemetry {

namespace {

std::string forked(const EventRecord& event, const std::string&) {
  return "forked: pid " + std::to_string(event.pid) + ", generation " +
         std::to_string(event.generation);
}

std::string listening(const EventRecord& event, const std::string&) {
  return "listening after " + duration_text(event.duration_ns);
}

std::string hung(const EventRecord& event, const std::string& text) {
  std::string line = "hung " + duration_text(event.duration_ns) + during(text);
  const std::string_view kind = to_string(static_cast<HangKind>(event.hang_kind));
  if (!kind.empty()) line.append(" (").append(kind).append(1, ')');
  return line;
}

std::string recovered(const EventRecord& event, const std::string&) {
  return "recovered after " + duration_text(event.duration_ns);
}

std::string aborted(const EventRecord&, const std::string&) { return "sent SIGABRT"; }

std::string killed(const EventRecord&, const std::string& text) { return "sent SIGKILL: " + text; }

std::string draining(const EventRecord&, const std::string&) {
  return "draining: takes no new connections";
}

std::string ended(const EventRecord& event, const std::string& text) {
  const bool signaled = static_cast<ExitCause>(event.exit_cause) == ExitCause::signaled;
  std::string line = signaled ? "ended by " : "ended with ";
  line += exit_text(event.exit_cause, event.exit_code);
  if ((event.exit_flags & kExitCoreDumped) != 0) line += ", core dumped";
  if ((event.exit_flags & kExitWasHung) != 0) line += ", was hung";
  if (event.abandoned != 0) line += ", " + counted(event.abandoned, "request") + " lost";
  if (!text.empty()) line += ": " + text;
  return line;
}

std::string restarts(const EventRecord& event, const std::string&) {
  return "restarts in " + duration_text(event.duration_ns);
}

std::string stopped(const EventRecord&, const std::string&) { return "stopped by a signal"; }

std::string sent_signal(const EventRecord& event, const std::string&) {
  return "sent " + signal_name(event.exit_code) + " on request";
}

std::string scaling(const EventRecord& event, const std::string&) {
  return "scaling to " + counted(event.exit_code, "worker");
}

std::string reloading(const EventRecord& event, const std::string& text) {
  if (event.exit_code != 0) return "rolling reload begins";
  return text.empty() ? "rolling reload is done" : "rolling reload given up: " + text;
}

std::string shutting_down(const EventRecord&, const std::string& text) {
  return "shutting down: " + text;
}

std::string moved(const EventRecord& event, const std::string& text) {
  std::string line = "moved " + counted(event.exit_code, "connection");
  const std::string_view reason = to_string(static_cast<MoveReason>(event.exit_cause));
  if (!reason.empty()) line.append(" (").append(reason).append(1, ')');
  line += " in " + duration_text(event.duration_ns);
  return text.empty() ? line : line + ": " + text;
}

std::string protection(const EventRecord& event, const std::string&) {
  return event.exit_code != 0 ? "connections are protected: they outlive their worker"
                              : "connections are not protected: they die with their worker";
}

std::string unprotected(const EventRecord&, const std::string& text) {
  return "is unprotected: " + text;
}

using enum Subject;
using enum Severity;
using Kind = EventKind;
using Step = LifeStep;

// clang-format off
constexpr std::array kEvents{
    EventTraits{Kind::none,       "unknown",    worker, Step::none,       info,    nullptr},
    EventTraits{Kind::fork,       "fork",       worker, Step::begins,     info,    forked},
    EventTraits{Kind::listening,  "listening",  worker, Step::serves,     info,    listening},
    EventTraits{Kind::hung,       "hung",       worker, Step::hangs,      warning, hung},
    EventTraits{Kind::recovered,  "recovered",  worker, Step::goes_on,    info,    recovered},
    EventTraits{Kind::abort,      "abort",      worker, Step::aborted,    warning, aborted},
    EventTraits{Kind::kill,       "kill",       worker, Step::killed,     warning, killed},
    EventTraits{Kind::disconnect, "disconnect", worker, Step::leaves,     info,    draining},
    EventTraits{Kind::exit,       "exit",       worker, Step::ends,       by_exit, ended},
    EventTraits{Kind::backoff,    "backoff",    worker, Step::waits, warning, restarts},
    EventTraits{Kind::stopped,    "stopped",    worker, Step::none,       info,    stopped},
    EventTraits{Kind::continued,  "continued",  worker, Step::none,       info,    nullptr},
    EventTraits{Kind::signal,     "signal",     worker, Step::none,       info,    sent_signal},
    EventTraits{Kind::scale,      "scale",      server, Step::none,       info,    scaling},
    EventTraits{Kind::reload,     "reload",     server, Step::none,       info,    reloading},
    EventTraits{Kind::shutdown,   "shutdown",   server, Step::none,       info,    shutting_down},
    EventTraits{Kind::moved,      "moved",      worker, Step::moves,      info,    moved},
    EventTraits{Kind::protection, "protection", server, Step::none,       info,    protection},
    EventTraits{Kind::unprotected, "unprotected", worker, Step::none,  warning, unprotected},
};
// clang-format on

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kEvents.size(); ++i) {
    if (static_cast<std::size_t>(kEvents[i].kind) != i) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "a row is found by the number of its kind");

}  // namespace

const EventTraits& traits_of(EventKind kind) {
  const auto row = static_cast<std::size_t>(kind);
  return kEvents[row < kEvents.size() ? row : 0];
}

bool is_warning(const EventRecord& event) {
  const Severity severity = traits_of(event).severity;
  if (severity != Severity::by_exit) return severity == Severity::warning;
  return event.exit_cause != static_cast<std::uint32_t>(ExitCause::exited) || event.exit_code != 0;
}

std::string_view to_string(EventKind kind) { return traits_of(kind).name; }

}  // namespace forkscope::telemetry
