#include "forkscope/telemetry/event_text.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/segment_view.h"

namespace forkscope::telemetry {

namespace {

std::string hung_line(const EventRecord& event, const std::string& text) {
  std::string line = " hung " + duration_text(event.duration_ns) + during(text);
  const std::string_view kind = to_string(static_cast<HangKind>(event.hang_kind));
  if (!kind.empty()) line.append(" (").append(kind).append(1, ')');
  return line;
}

std::string exit_line(const EventRecord& event, const std::string& text) {
  const bool signaled = static_cast<ExitCause>(event.exit_cause) == ExitCause::signaled;
  std::string line = signaled ? " ended by " : " ended with ";
  line += exit_text(event.exit_cause, event.exit_code);
  if ((event.exit_flags & kExitCoreDumped) != 0) line += ", core dumped";
  if ((event.exit_flags & kExitWasHung) != 0) line += ", was hung";
  if (event.abandoned != 0) line += ", " + counted(event.abandoned, "request") + " lost";
  if (!text.empty()) line += ": " + text;
  return line;
}

std::string worker_line(const EventRecord& event, const std::string& text) {
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::fork:
      return " forked: pid " + std::to_string(event.pid) + ", generation " +
             std::to_string(event.generation);
    case EventKind::listening: return " listening after " + duration_text(event.duration_ns);
    case EventKind::hung: return hung_line(event, text);
    case EventKind::recovered: return " recovered after " + duration_text(event.duration_ns);
    case EventKind::abort: return " sent SIGABRT";
    case EventKind::kill: return " sent SIGKILL: " + text;
    case EventKind::disconnect: return " draining: takes no new connections";
    case EventKind::exit: return exit_line(event, text);
    case EventKind::backoff: return " restarts in " + duration_text(event.duration_ns);
    case EventKind::stopped: return " stopped by a signal";
    case EventKind::continued: return " continued";
    case EventKind::signal: return " sent " + signal_name(event.exit_code) + " on request";
    default: return ' ' + std::string(to_string(static_cast<EventKind>(event.kind)));
  }
}

std::string server_line(const EventRecord& event, const std::string& text) {
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::scale: return "scaling to " + counted(event.exit_code, "worker");
    case EventKind::reload:
      if (event.exit_code != 0) return "rolling reload begins";
      return text.empty() ? "rolling reload is done" : "rolling reload given up: " + text;
    case EventKind::shutdown: return "shutting down: " + text;
    default: return "server: " + std::string(to_string(static_cast<EventKind>(event.kind)));
  }
}

std::string decimal(double value, int digits, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s", digits, value, unit);
  return text;
}

}  // namespace

std::string describe(const EventRecord& event) { return describe(event, event_text(event)); }

std::string describe(const EventRecord& event, std::string_view text) {
  const std::string shown = printable(text);
  if (event.worker == 0) return server_line(event, shown);
  return "worker " + std::to_string(event.worker) + worker_line(event, shown);
}

std::string event_text(const EventRecord& event) {
  return printable({event.text, std::min<std::size_t>(event.text_bytes, kEventTextBytes)});
}

std::string during(const std::string& what) {
  if (what.empty()) return {};
  return (what.find(' ') == std::string::npos ? " while " : " in ") + what;
}

std::string exit_text(std::uint32_t cause, std::uint32_t code) {
  const bool signaled = static_cast<ExitCause>(cause) == ExitCause::signaled;
  return signaled ? signal_name(code) : "exit code " + std::to_string(code);
}

std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string duration_text(std::uint64_t duration_ns) {
  const auto value = static_cast<double>(duration_ns);
  if (value < 999.5e3) return decimal(value / 1e3, 0, "µs");
  if (value < 9.95e6) return decimal(value / 1e6, 1, "ms");
  if (value < 999.5e6) return decimal(value / 1e6, 0, "ms");
  if (value < 60e9) return decimal(value / 1e9, value < 9.995e9 ? 2 : 1, "s");
  const std::uint64_t seconds = duration_ns / 1'000'000'000;
  if (seconds < 3600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

}  // namespace forkscope::telemetry
