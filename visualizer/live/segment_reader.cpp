#include "live/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "forkscope/telemetry/worker_report.h"

namespace forkscope::live {

using telemetry::LaneCursor;
using telemetry::RequestRecord;

namespace {

constexpr std::uint64_t kRequestBacklog = 32;  // per worker, to begin with

template <std::size_t Bytes>
std::string text_of(const char (&bytes)[Bytes]) {
  return telemetry::printable(std::string_view(bytes, ::strnlen(bytes, Bytes)));
}

picture::Answer answer_of(const RequestRecord& record, std::uint32_t worker) {
  picture::Answer answer;
  answer.end_ns = record.end_ns;
  answer.duration_ns = record.duration_ns;
  answer.id = record.id;
  answer.worker = worker;
  answer.connection = record.connection;
  answer.status = record.status;
  answer.core = record.core;
  answer.method = static_cast<telemetry::Method>(record.method);
  answer.heard_from = record.heard_from;
  const std::size_t kept = std::min<std::size_t>(record.path_bytes, telemetry::kRequestPathBytes);
  answer.path_tail = telemetry::printable(std::string_view(record.path, kept));
  if (record.path_bytes > telemetry::kRequestPathBytes) answer.path_tail.insert(0, "…");
  return answer;
}

// A server of a later version may say what is not known here.

telemetry::Protection protection_of(std::uint32_t word) {
  const auto last = static_cast<std::uint32_t>(telemetry::Protection::on);
  return word <= last ? static_cast<telemetry::Protection>(word) : telemetry::Protection::unknown;
}

telemetry::BalancePolicy balance_of(std::uint32_t word) {
  const auto last = static_cast<std::uint32_t>(telemetry::BalancePolicy::random);
  return word <= last ? static_cast<telemetry::BalancePolicy>(word)
                      : telemetry::BalancePolicy::unknown;
}

}  // namespace

SegmentReader::SegmentReader(telemetry::SegmentView view)
    : view_(std::move(view)),
      primary_(view_.header().primary_pid, view_.header().primary_start_ticks),
      event_lane_(view_.events(), telemetry::kEventCapacity),
      histograms_(view_.slot_count()) {
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    request_lanes_.emplace_back(view_.requests(slot), kRequestBacklog);
  }
}

picture::ServerInfo SegmentReader::server(std::uint16_t port) const {
  const telemetry::Header& header = view_.header();
  picture::ServerInfo info;
  info.port = port;
  info.host = text_of(header.host);
  info.version = text_of(header.server_version);
  info.primary_pid = header.primary_pid;
  info.instance_id = header.instance_id;
  info.hang_after_ns = header.hang_after_ns;
  info.kill_after_ns = header.kill_after_ns;
  info.faults_enabled = header.faults_enabled != 0;
  return info;
}

void SegmentReader::read(std::uint64_t now_ns, picture::Snapshot& snapshot, News& news) {
  read_answers(news);
  read_events(news);
  snapshot.workers = telemetry::report_workers(view_, now_ns);
  for (telemetry::WorkerReport& worker : snapshot.workers) {
    if (worker.in_flight) worker.in_flight->path = telemetry::printable(worker.in_flight->path);
  }
  read_totals(now_ns, snapshot, news);
  read_beat(now_ns, snapshot);
}

bool SegmentReader::is_damaged() const {
  return event_lane_.corrupt() ||
         std::any_of(request_lanes_.begin(), request_lanes_.end(),
                     [](const LaneCursor<RequestRecord>& lane) { return lane.corrupt(); });
}

void SegmentReader::read_answers(News& news) {
  for (std::uint32_t slot = 0; slot < request_lanes_.size(); ++slot) {
    for (std::uint32_t count = 0; count < telemetry::kRequestCapacity; ++count) {
      const auto record = request_lanes_[slot].next();
      if (!record) break;
      news.answers.push_back(answer_of(*record, slot + 1));
    }
  }
  std::stable_sort(news.answers.begin(), news.answers.end(),
                   [](const picture::Answer& left, const picture::Answer& right) {
                     return left.end_ns < right.end_ns;
                   });
}

void SegmentReader::read_events(News& news) {
  for (std::uint32_t count = 0; count < telemetry::kEventCapacity; ++count) {
    const auto event = event_lane_.next();
    if (!event) break;
    news.events.push_back(*event);
  }
}

void SegmentReader::read_totals(std::uint64_t now_ns, picture::Snapshot& snapshot, News& news) {
  picture::Totals totals;
  for (const telemetry::WorkerReport& worker : snapshot.workers) {
    totals.in_flight += worker.program ? worker.program->in_hand : worker.in_flight ? 1 : 0;
  }
  std::uint64_t came = 0;
  std::uint64_t there = 0;
  // All slots, whether a worker is listed there or not: what has been counted stays counted.
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (const auto roster = view_.roster(slot)) {
      totals.respawns += roster->respawns;
      totals.hangs += roster->hangs;
    }
    const telemetry::Counters counters = view_.counters(slot);
    totals.waiting +=
        counters.requests_waiting + counters.writes_parked + counters.writes_unflushed;
    totals.errors += counters.responses[4];  // 5xx
    totals.abandoned += counters.abandoned;
    came += counters.connections_accepted;
    there += counters.connections_open;
    totals.requests += view_.requests_total(slot);
    totals.lost_records += request_lanes_[slot].lost();
  }
  // Of a program's connections the kernel tells how many are there, and not how many came.
  if (view_.header().runs_program == 0) totals.closed = came - std::min(came, there);
  totals.lost_events = event_lane_.lost();
  totals.lost_records += totals.lost_events;
  totals.moved = snapshot.totals.moved;  // the beat tells it

  if (latency_.due(now_ns)) {
    latency_.add(now_ns, read_latency(news));
    totals.p50_ms = latency_.latency_ms(0.50);
    totals.p99_ms = latency_.latency_ms(0.99);
  } else {
    totals.p50_ms = snapshot.totals.p50_ms;
    totals.p99_ms = snapshot.totals.p99_ms;
  }
  snapshot.totals = totals;
}

/// Adds to the news what has ended since the look before, and returns the sum of all histograms.
/// Those of all slots: the sum only grows, also where a worker is taken out of the list or comes
/// back to it. The memory of slots that have never answered is left untouched.
std::vector<std::uint64_t> SegmentReader::read_latency(News& news) {
  std::vector<std::uint64_t> sum(telemetry::kHistogramBuckets);
  std::vector<std::uint64_t> counts;
  const bool first = std::exchange(first_look_, false);  // what ended before we came has no time
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    if (view_.requests_total(slot) == 0) continue;
    view_.histogram(slot, counts);
    std::vector<std::uint64_t>& then = histograms_[slot];
    then.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sum[i] += counts[i];
      if (first || counts[i] <= then[i]) continue;
      news.latency.push_back(
          {static_cast<std::uint16_t>(slot + 1),
           picture::latency_row(telemetry::histogram_lower_bound_ns(static_cast<std::uint32_t>(i))),
           static_cast<std::uint32_t>(std::min<std::uint64_t>(counts[i] - then[i], UINT32_MAX))});
    }
    then.swap(counts);
  }
  return sum;
}

void SegmentReader::read_beat(std::uint64_t now_ns, picture::Snapshot& snapshot) const {
  picture::ServerInfo& server = snapshot.server;
  const auto beat = view_.beat();
  const std::uint64_t beat_ns = beat ? beat->time_ns : 0;
  server.beat_age_ns = now_ns > beat_ns ? now_ns - beat_ns : 0;
  if (!beat) return;
  server.target_workers = beat->target_workers;
  server.draining = beat->state == static_cast<std::uint64_t>(telemetry::PrimaryState::draining);
  server.protection = protection_of(beat->protection);
  server.balance = balance_of(beat->balance);
  std::copy(std::begin(beat->moved), std::end(beat->moved), snapshot.totals.moved.begin());
}

}  // namespace forkscope::live
