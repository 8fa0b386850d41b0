#include "forkscope/telemetry/event_kinds.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::telemetry {

namespace {

FlexibleText forked(const EventRecord& event, const std::string& text) {
  return {"forked",
          ": pid " + std::to_string(event.pid) + ", generation " + std::to_string(event.generation),
          text.empty() ? "" : ", " + text};
}

FlexibleText listening(const EventRecord& event, const std::string&) {
  return "listening after " + duration_text(event.duration_ns);
}

FlexibleText hung(const EventRecord& event, const std::string& text) {
  FlexibleText line{"hung " + duration_text(event.duration_ns)};
  const HungIn place = hung_in(text);
  if (place.request.empty()) {
    line.head += during(text);
  } else {
    const std::size_t blank = place.request.find(' ');
    line.head += " in " + place.request.substr(0, blank + 1);
    line.middle = place.request.substr(blank + 1);
  }
  const std::string_view kind = to_string(static_cast<HangKind>(event.hang_kind));
  if (!kind.empty()) line.tail.append(" (").append(kind).append(1, ')');
  return line;
}

FlexibleText recovered(const EventRecord& event, const std::string&) {
  return "recovered after " + duration_text(event.duration_ns);
}

FlexibleText aborted(const EventRecord&, const std::string&) { return {"was sent SIGABRT"}; }

FlexibleText killed(const EventRecord&, const std::string& text) {
  return "was sent SIGKILL: " + text;
}

FlexibleText draining(const EventRecord&, const std::string&) {
  return {"draining: takes no new connections"};
}

FlexibleText ended(const EventRecord& event, const std::string& text) {
  const bool signaled = static_cast<ExitCause>(event.exit_cause) == ExitCause::signaled;
  FlexibleText line{signaled ? "ended by " : "ended with "};
  line.head += exit_text(event.exit_cause, event.exit_code);
  if ((event.exit_flags & kExitCoreDumped) != 0) line.middle += ", core dumped";
  if ((event.exit_flags & kExitWasHung) != 0) line.middle += ", was hung";
  if (event.abandoned != 0) line.tail += ", " + counted(event.abandoned, "request") + " lost";
  if (!text.empty()) line.tail += ": " + text;
  return line;
}

FlexibleText restarts(const EventRecord& event, const std::string&) {
  return "restarts in " + duration_text(event.duration_ns);
}

FlexibleText stopped(const EventRecord&, const std::string&) { return {"was stopped by a signal"}; }

FlexibleText sent_signal(const EventRecord& event, const std::string&) {
  return "was sent " + signal_name(event.exit_code) + " on request";
}

FlexibleText scaling(const EventRecord& event, const std::string&) {
  return "scaling to " + counted(event.exit_code, "worker");
}

FlexibleText reloading(const EventRecord& event, const std::string& text) {
  if (event.exit_code != 0) return {"rolling reload begins"};
  if (text.empty()) return {"rolling reload is done"};
  return "rolling reload given up: " + text;
}

FlexibleText shutting_down(const EventRecord&, const std::string& text) {
  return "shutting down: " + text;
}

/// "5 to worker 2, 6 to 3"; what cannot be taken apart stays as it is.
std::string receivers(const std::string& text) {
  std::string said;
  for (const auto& [worker, connections] : received_by(text)) {
    said += said.empty() ? "" : ", ";
    said += std::to_string(connections) + (said.empty() ? " to worker " : " to ");
    said += std::to_string(worker);
  }
  return said.empty() ? text : said;
}

/// The worker has no part in it when it hangs or has died.
FlexibleText moved(const EventRecord& event, const std::string& text) {
  std::string line = "had " + counted(event.exit_code, "connection") + " moved";
  const auto reason = static_cast<MoveReason>(event.exit_cause);
  // Whether it crashed or was killed, the event of its end says.
  const std::string_view word = reason == MoveReason::crash ? "death" : to_string(reason);
  if (!word.empty()) line.append(" (").append(word).append(1, ')');
  const std::string took = " in " + duration_text(event.duration_ns);
  return {line, text.empty() ? took : took + ": " + receivers(text), ""};
}

FlexibleText protection(const EventRecord& event, const std::string&) {
  return {event.exit_code != 0 ? "connections are protected: they outlive their worker"
                               : "connections are not protected: they die with their worker"};
}

FlexibleText unprotected(const EventRecord&, const std::string& text) {
  return "is unprotected: " + text;
}

/// "had an exception in GET /v1/x: database is locked". Where there is little room the path gives
/// way, and what was thrown stays.
FlexibleText threw(const EventRecord& event, const std::string& text) {
  const bool several = event.exit_code > 1;
  std::string head = several ? "had " + counted(event.exit_code, "exception") : "had an exception";
  if (several && event.duration_ns != 0) head += " in " + duration_text(event.duration_ns);
  if (text.empty()) return head;
  head += several ? ", the latest in " : " in ";
  const std::size_t path = std::min(text.find(' '), text.size() - 1) + 1;
  const std::size_t what = std::min(text.find(": ", path), text.size());
  return {head + text.substr(0, path), text.substr(path, what - path), text.substr(what)};
}

FlexibleText balance(const EventRecord& event, const std::string&) {
  const auto name = [](std::uint32_t policy) {
    return std::string(to_string(static_cast<BalancePolicy>(policy)));
  };
  return {"balance: " + name(event.exit_cause) + " → " + name(event.exit_code)};
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
    EventTraits{Kind::exception,  "exception",  worker, Step::none,       warning, threw},
    EventTraits{Kind::balance,    "balance",    server, Step::none,       info,    balance},
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
