#include "forkscope/telemetry/workers_json.h"

namespace forkscope::telemetry {

namespace {

using nlohmann::ordered_json;

double milliseconds(std::uint64_t from_ns, std::uint64_t to_ns) {
  const std::uint64_t microseconds = to_ns > from_ns ? (to_ns - from_ns) / 1'000 : 0;
  return static_cast<double>(microseconds) / 1e3;
}

ordered_json in_flight_json(const WorkerReport& worker, std::uint64_t now_ns) {
  if (!worker.in_flight) return nullptr;
  return {{"method", to_string(worker.in_flight->method)},
          {"path", printable(worker.in_flight->path)},
          {"age_ms", milliseconds(worker.in_flight->start_ns, now_ns)}};
}

ordered_json hang_json(const WorkerReport& worker, std::uint64_t now_ns) {
  if (worker.stuck_since_ns == 0) return nullptr;
  ordered_json hang = {{"kind", to_string(worker.hang_kind)},
                       {"phase", to_string(worker.phase)},
                       {"stuck_ms", milliseconds(worker.stuck_since_ns, now_ns)},
                       {"noticed_after_ms", nullptr},
                       {"kill_in_ms", nullptr}};
  if (worker.state == WorkerState::hung) {
    hang["noticed_after_ms"] = milliseconds(worker.stuck_since_ns, worker.state_since_ns);
  }
  if (worker.kill_at_ns != 0) hang["kill_in_ms"] = milliseconds(now_ns, worker.kill_at_ns);
  return hang;
}

ordered_json last_exit_json(const WorkerReport& worker) {
  if (!worker.last_exit) return nullptr;
  const ExitReport& last = *worker.last_exit;
  const bool signaled = last.cause == ExitCause::signaled;
  ordered_json json = {{"cause", signaled ? "signal" : "exit"}};
  if (signaled) {
    json["signal"] = signal_name(last.code);
  } else {
    json["code"] = last.code;
  }
  json["was_hung"] = last.was_hung;
  json["abandoned"] = last.abandoned;
  json["back_after_ms"] = nullptr;
  if (worker.ready_ns > last.time_ns) {
    json["back_after_ms"] = milliseconds(last.time_ns, worker.ready_ns);
  }
  return json;
}

}  // namespace

ordered_json to_json(const WorkerReport& worker, std::uint64_t now_ns) {
  ordered_json json = {{"number", worker.number},
                       {"pid", worker.pid},
                       {"generation", worker.generation},
                       {"state", to_string(worker.state)},
                       {"core", worker.core},
                       {"connections", worker.connections},
                       {"queue_length", worker.queue_length},
                       {"requests", worker.requests},
                       {"requests_per_second", worker.requests_per_second},
                       {"in_flight", in_flight_json(worker, now_ns)},
                       {"hang", hang_json(worker, now_ns)},
                       {"uptime_ms", worker.uptime_ns / 1'000'000},
                       {"respawns", worker.respawns},
                       {"hangs", worker.hangs},
                       {"exceptions", worker.exceptions},
                       {"last_exit", last_exit_json(worker)}};
  if (const auto& program = worker.program) {
    json["core"] = nullptr;  // nobody looks at where the program runs
    json["reports"] = {{"taken", program->reports},
                       {"ignored", program->reports_ignored},
                       {"in_hand", program->in_hand}};
  }
  return json;
}

ordered_json workers_json(const std::vector<WorkerReport>& workers, std::uint64_t now_ns) {
  ordered_json list = ordered_json::array();
  for (const WorkerReport& worker : workers) list.push_back(to_json(worker, now_ns));
  return {{"workers", std::move(list)}};
}

}  // namespace forkscope::telemetry
