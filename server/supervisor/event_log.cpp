#include "supervisor/event_log.h"

#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/event_text.h"

namespace forkscope::supervisor {

namespace {

/// What is between the braces of a JSON object: the braces are part of the log's pattern.
std::string members_of(const nlohmann::ordered_json& object) {
  const std::string text =
      object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

std::string json_line(const telemetry::EventRecord& event, const std::string& message) {
  nlohmann::ordered_json json = {{"event", telemetry::traits_of(event).name}};
  if (event.worker != 0) {
    json["worker"] = event.worker;
    json["pid"] = event.pid;
    json["generation"] = event.generation;
  }
  json["message"] = message;
  return members_of(json);
}

}  // namespace

telemetry::EventRecord event_of(telemetry::EventKind kind, const WorkerProcess& worker) {
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(kind);
  event.worker = static_cast<std::uint16_t>(worker.number);
  event.pid = worker.pid;
  event.generation = worker.generation;
  return event;
}

EventLog::EventLog(const telemetry::Segment& segment, const telemetry::SegmentView& view,
                   LogFormat format)
    : lane_(segment.events()), view_(&view), format_(format) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "primary", std::make_shared<spdlog::sinks::stderr_sink_st>()));
  spdlog::set_pattern(format == LogFormat::text
                          ? "%Y-%m-%d %H:%M:%S.%e %-7l %v"
                          : R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
}

void EventLog::record(const telemetry::EventRecord& event, std::string_view text) {
  publish(event, text);
  say(event, telemetry::describe(event, text));  // all of it
}

void EventLog::publish(telemetry::EventRecord event, std::string_view text) {
  event.time_ns = telemetry::now_ns();
  event.wall_clock_ns = telemetry::wall_clock_ns();
  for (std::uint32_t slot = 0; slot < view_->slot_count(); ++slot) {
    event.served_total += view_->requests_total(slot);
  }
  const std::size_t bytes = text.copy(event.text, telemetry::kEventTextBytes);
  event.text_bytes = static_cast<std::uint16_t>(bytes);
  lane_.write(event);
}

void EventLog::say(const telemetry::EventRecord& event, std::string message) {
  if (event.worker != 0 && event.kind != static_cast<std::uint16_t>(telemetry::EventKind::fork)) {
    message += ", pid " + std::to_string(event.pid);
  }
  const auto level = telemetry::is_warning(event) ? spdlog::level::warn : spdlog::level::info;
  write(level, format_ == LogFormat::text ? message : json_line(event, message));
}

void EventLog::record(telemetry::EventKind kind, std::uint32_t value, std::string_view text) {
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(kind);
  event.exit_code = value;
  record(event, text);
}

void EventLog::note(const std::string& line) { note(spdlog::level::info, line); }

void EventLog::warn(const std::string& line) { note(spdlog::level::warn, line); }

void EventLog::note(spdlog::level::level_enum level, const std::string& line) {
  write(level, format_ == LogFormat::text ? line : members_of({{"message", line}}));
}

void EventLog::note(const WorkerProcess& worker, const std::string& line) {
  note(spdlog::level::info, worker, line);
}

void EventLog::warn(const WorkerProcess& worker, const std::string& line) {
  note(spdlog::level::warn, worker, line);
}

void EventLog::report(const WorkerProcess& worker, const std::string& line) {
  note(spdlog::level::err, worker, line);
}

void EventLog::note(spdlog::level::level_enum level, const WorkerProcess& worker,
                    const std::string& line) {
  write(level, format_ == LogFormat::text ? "worker " + std::to_string(worker.number) + ", pid " +
                                                std::to_string(worker.pid) + ": " + line
                                          : members_of({{"worker", worker.number},
                                                        {"pid", worker.pid},
                                                        {"generation", worker.generation},
                                                        {"message", line}}));
}

void EventLog::write(spdlog::level::level_enum level, const std::string& line) {
  // What poll(2) calls writable takes a short line without blocking (pipe(7), PIPE_BUF).
  pollfd log{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&log, 1, 0) == 0) {
    ++dropped_;
    return;
  }
  if (const std::uint64_t dropped = std::exchange(dropped_, 0)) {
    note("lines dropped, because nobody read the log: " + std::to_string(dropped));
  }
  spdlog::log(level, "{}", line);
}

}  // namespace forkscope::supervisor
