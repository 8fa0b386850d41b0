#include "text/text_view.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/workers_json.h"
#include "model/format.h"
#include "model/history.h"
#include "model/live_source.h"
#include "model/wording.h"
#include "text/table.h"
#include "text/terminal.h"

namespace forkscope::text {

namespace {

using nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto kRedraw = 250ms;
/// `--once`: how long a server may take to answer, and how long to look before rates mean anything.
constexpr auto kAttachBound = 1000ms;
constexpr auto kLook = 300ms;

double milliseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

ordered_json server_json(const model::ServerInfo& server) {
  return {{"host", server.host},
          {"port", server.port},
          {"version", server.version},
          {"pid", server.primary_pid},
          {"target_workers", server.target_workers},
          {"hang_after_ms", server.hang_after_ns / 1'000'000},
          {"kill_after_ms", server.kill_after_ns / 1'000'000},
          {"faults", server.faults_enabled},
          {"draining", server.draining},
          {"beat_age_ms", milliseconds(server.beat_age_ns)}};
}

ordered_json totals_json(const model::Totals& totals) {
  return {{"requests", totals.requests},   {"requests_per_second", totals.requests_per_second},
          {"p50_ms", totals.p50_ms},       {"p99_ms", totals.p99_ms},
          {"in_flight", totals.in_flight}, {"waiting", totals.waiting},
          {"errors", totals.errors},       {"abandoned", totals.abandoned},
          {"respawns", totals.respawns},   {"hangs", totals.hangs}};
}

ordered_json cores_json(const std::vector<model::CoreSample>& cores) {
  ordered_json list = ordered_json::array();
  for (const model::CoreSample& core : cores) {
    list.push_back(
        {{"number", core.number}, {"utilisation", core.utilisation}, {"workers", core.workers}});
  }
  return list;
}

int print_once(model::LiveSource& source) {
  const auto give_up = std::chrono::steady_clock::now() + kAttachBound;
  source.poll();
  while (source.snapshot().attachment != model::Attachment::live &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(50ms);
    source.poll();
  }
  const model::Snapshot& snapshot = source.snapshot();
  if (snapshot.attachment == model::Attachment::live) {
    std::this_thread::sleep_for(kLook);
    source.poll();
  }
  if (snapshot.attachment != model::Attachment::live) {
    std::fprintf(stderr, "todos-visualizer: %s\n", snapshot.attachment_detail.c_str());
    return 1;
  }
  ordered_json json = {{"server", server_json(snapshot.server)},
                       {"totals", totals_json(snapshot.totals)},
                       {"cores", cores_json(snapshot.cores)}};
  json.update(telemetry::workers_json(snapshot.workers, snapshot.time_ns));
  return write_out(json.dump(2) + '\n') ? 0 : 1;
}

int show_table(model::LiveSource& source) {
  const StopSignals stop;
  const Terminal terminal;
  model::History history;
  do {
    source.poll();
    history.add(source.snapshot(), source.answers(), source.events(), source.latency());
    terminal.show(table(history, terminal.size(), /*colored=*/true));
  } while (!stop.wait(kRedraw));
  return 0;
}

/// One line per event, and per incident that is over; a line whenever the server comes or goes.
int print_lines(model::LiveSource& source) {
  const StopSignals stop;
  model::History history;
  std::string said;
  std::uint64_t receipts_until_ns = 0;
  do {
    source.poll();
    const model::Snapshot& snapshot = source.snapshot();
    history.add(snapshot, source.answers(), source.events());
    std::string lines;
    const std::string now = model::clock_time(snapshot.wall_clock_ns) + "  ";
    std::string attachment = snapshot.attachment_detail;
    if (attachment.empty()) attachment = "Attached to port " + std::to_string(snapshot.server.port);
    if (attachment != said) lines += now + attachment + '\n';
    said = attachment;
    for (const telemetry::EventRecord& event : source.events()) {
      lines += model::clock_time(static_cast<std::int64_t>(event.wall_clock_ns)) + "  " +
               telemetry::describe(event) + '\n';
    }
    std::uint64_t newest_ns = receipts_until_ns;
    for (const model::Incident& incident : history.incidents()) {
      if (incident.open() || incident.back_ns <= receipts_until_ns) continue;
      lines += now + "worker " + std::to_string(incident.worker) + ": " + model::receipt(incident) +
               '\n';
      newest_ns = std::max(newest_ns, incident.back_ns);
    }
    receipts_until_ns = newest_ns;
    if (!write_out(lines)) return 0;
  } while (!stop.wait(kRedraw));
  return 0;
}

}  // namespace

int run_text(std::optional<std::uint16_t> port, bool once) {
  model::LiveSource source(port);
  if (once) return print_once(source);
  return ::isatty(STDOUT_FILENO) != 0 ? show_table(source) : print_lines(source);
}

}  // namespace forkscope::text
