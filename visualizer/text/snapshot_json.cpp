#include "text/snapshot_json.h"

#include <string>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/workers_json.h"

namespace forkscope::text {

using nlohmann::ordered_json;

namespace {

double milliseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

ordered_json server_json(const picture::ServerInfo& server) {
  return {{"host", server.host},
          {"port", server.port},
          {"version", server.version},
          {"pid", server.primary_pid},
          {"target_workers", server.target_workers},
          {"hang_after_ms", server.hang_after_ns / 1'000'000},
          {"kill_after_ms", server.kill_after_ns / 1'000'000},
          {"faults", server.faults_enabled},
          {"draining", server.draining},
          {"balance", telemetry::to_string(server.balance)},
          {"protection", telemetry::to_string(server.protection)},
          {"beat_age_ms", milliseconds(server.beat_age_ns)}};
}

ordered_json moved_json(const picture::Totals& totals) {
  ordered_json moved;
  for (std::size_t i = 0; i < totals.moved.size(); ++i) {
    moved[std::string(telemetry::to_string(static_cast<telemetry::MoveReason>(i + 1)))] =
        totals.moved[i];
  }
  return moved;
}

ordered_json totals_json(const picture::Totals& totals) {
  return {{"requests", totals.requests},   {"requests_per_second", totals.requests_per_second},
          {"p50_ms", totals.p50_ms},       {"p99_ms", totals.p99_ms},
          {"in_flight", totals.in_flight}, {"waiting", totals.waiting},
          {"errors", totals.errors},       {"abandoned", totals.abandoned},
          {"respawns", totals.respawns},   {"hangs", totals.hangs},
          {"moved", moved_json(totals)}};
}

ordered_json cores_json(const std::vector<picture::CoreSample>& cores) {
  ordered_json list = ordered_json::array();
  for (const picture::CoreSample& core : cores) {
    list.push_back(
        {{"number", core.number}, {"utilisation", core.utilisation}, {"workers", core.workers}});
    if (core.own) list.back()["own"] = *core.own;
  }
  return list;
}

}  // namespace

ordered_json snapshot_json(const picture::Snapshot& snapshot) {
  ordered_json json = {{"server", server_json(snapshot.server)},
                       {"totals", totals_json(snapshot.totals)},
                       {"cores", cores_json(snapshot.cores)}};
  json.update(telemetry::workers_json(snapshot.workers, snapshot.time_ns));
  for (std::size_t i = 0; i < snapshot.workers.size(); ++i) {
    // Who has looked at the processes knows it of programs, too.
    json["workers"][i]["core"] = snapshot.workers[i].core;
  }
  return json;
}

}  // namespace forkscope::text
