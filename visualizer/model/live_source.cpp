#include "model/live_source.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "forkscope/telemetry/endpoint.h"
#include "forkscope/telemetry/segment_view.h"
#include "model/control_socket.h"
#include "model/core_meter.h"
#include "model/primary_watch.h"
#include "model/rate_meter.h"

namespace forkscope::model {

using telemetry::EventRecord;
using telemetry::LaneCursor;
using telemetry::RequestRecord;
using telemetry::SegmentView;

namespace {

constexpr std::chrono::milliseconds kAttachBound{50};
constexpr std::uint64_t kSearchPeriodNs = 250'000'000;   // while nobody listens
constexpr std::uint64_t kRetryPeriodNs = 1'000'000'000;  // after a server that could not be read
/// So long after a loss only the same port is tried: a server that restarts is the one wanted.
constexpr std::uint64_t kLoyaltyNs = 3'000'000'000;
constexpr std::uint64_t kBeatLateNs = 2'000'000'000;  // twenty heartbeats
constexpr std::uint64_t kRequestBacklog = 32;         // per worker, to begin with

std::uint64_t own_cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::int64_t wall_clock_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

template <std::size_t Bytes>
std::string text_of(const char (&bytes)[Bytes]) {
  return telemetry::printable(std::string_view(bytes, ::strnlen(bytes, Bytes)));
}

ServerInfo info_of(const telemetry::Header& header, std::uint16_t port) {
  ServerInfo info;
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

Answer answer_of(const RequestRecord& record, std::uint32_t worker) {
  Answer answer;
  answer.end_ns = record.end_ns;
  answer.duration_ns = record.duration_ns;
  answer.id = record.id;
  answer.worker = worker;
  answer.connection = record.connection;
  answer.status = record.status;
  answer.core = record.core;
  answer.method = static_cast<telemetry::Method>(record.method);
  const std::size_t kept = std::min<std::size_t>(record.path_bytes, telemetry::kRequestPathBytes);
  answer.path_tail = telemetry::printable(std::string_view(record.path, kept));
  if (record.path_bytes > telemetry::kRequestPathBytes) answer.path_tail.insert(0, "…");
  return answer;
}

std::string list_of(const std::vector<std::uint16_t>& ports) {
  std::string list;
  for (const std::uint16_t port : ports) {
    list += (list.empty() ? "" : ", ") + std::to_string(port);
  }
  return list;
}

/// A segment that is mapped, and where in its lanes the reading stands.
struct Session {
  explicit Session(SegmentView mapped)
      : view(std::move(mapped)),
        primary(view.header().primary_pid, view.header().primary_start_ticks),
        events(view.events(), telemetry::kEventCapacity) {
    for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
      requests.emplace_back(view.requests(slot), kRequestBacklog);
    }
  }

  SegmentView view;
  PrimaryWatch primary;
  LaneCursor<EventRecord> events;
  std::vector<LaneCursor<RequestRecord>> requests;  // by slot
  RateMeter rates;
  std::vector<std::vector<std::uint64_t>> histograms;  // by slot, as they were at the latest look
  std::string detail;  // what to say while all is well: nothing, or a hint
};

}  // namespace

struct LiveSource::State {
  std::optional<std::uint16_t> wanted_port;
  std::vector<std::uint16_t> ports;  // that were listening at the latest search
  Snapshot snapshot;
  std::vector<Answer> answers;
  std::vector<EventRecord> events;
  std::vector<LatencyCount> latency;
  std::unique_ptr<Session> session;  // stays mapped after a loss: its last picture is still true
  CoreMeter cores;
  std::uint64_t next_attempt_ns = 0;
  std::uint64_t lost_ns = 0;
  std::uint64_t cpu_since_ns = 0;  // start of the span over which our own CPU time is measured
  std::uint64_t cpu_then_ns = 0;

  void search(std::uint64_t now_ns);
  bool attach(std::uint16_t port, std::uint64_t now_ns);
  void use(SegmentView view, std::uint16_t port);
  void read(std::uint64_t now_ns);
  void read_answers();
  void read_events();
  void read_totals(std::uint64_t now_ns);
  std::vector<std::uint64_t> read_latency();
  void read_beat(std::uint64_t now_ns);
  void sample_machine(std::uint64_t now_ns);
};

LiveSource::LiveSource(std::optional<std::uint16_t> port) : state_(std::make_unique<State>()) {
  state_->wanted_port = port;
}

LiveSource::~LiveSource() = default;

void LiveSource::poll() {
  State& state = *state_;
  state.answers.clear();
  state.events.clear();
  state.latency.clear();
  std::uint64_t now_ns = telemetry::now_ns();
  if (state.snapshot.attachment != Attachment::live && now_ns >= state.next_attempt_ns) {
    state.search(now_ns);
    now_ns = telemetry::now_ns();
  }
  state.snapshot.time_ns = now_ns;
  state.snapshot.wall_clock_ns = wall_clock_ns();
  if (state.snapshot.attachment == Attachment::live) state.read(now_ns);
  state.sample_machine(now_ns);
}

const std::vector<std::uint16_t>& LiveSource::ports() const { return state_->ports; }

void LiveSource::choose(std::uint16_t port) {
  if (state_->wanted_port == port) return;
  std::vector<std::uint16_t> ports = std::move(state_->ports);
  *state_ = State();
  state_->wanted_port = port;
  state_->ports = std::move(ports);
}

const Snapshot& LiveSource::snapshot() const { return state_->snapshot; }
const std::vector<Answer>& LiveSource::answers() const { return state_->answers; }
const std::vector<EventRecord>& LiveSource::events() const { return state_->events; }
const std::vector<LatencyCount>& LiveSource::latency() const { return state_->latency; }

/// Tries the ports in question, lowest first, until one gives its segment.
void LiveSource::State::search(std::uint64_t now_ns) {
  next_attempt_ns = now_ns + kSearchPeriodNs;
  std::vector<std::uint16_t> candidates;
  if (wanted_port) {
    candidates = {*wanted_port};
  } else if (session && now_ns < lost_ns + kLoyaltyNs) {
    candidates = {snapshot.server.port};
  } else {
    candidates = telemetry::control_socket_ports();
  }
  if (!session) {
    snapshot.attachment_detail = wanted_port
                                     ? "No server on port " + std::to_string(*wanted_port) + '.'
                                     : "No server found. Start one with: todos-server";
  }
  std::erase_if(candidates, [](std::uint16_t port) { return !control_socket_listens(port); });
  if (!wanted_port) ports = candidates;
  for (const std::uint16_t port : candidates) {
    if (!attach(port, now_ns)) return;  // one wait per frame is enough
    if (snapshot.attachment != Attachment::live) continue;
    if (candidates.size() > 1) {
      session->detail = "Servers run on ports " + list_of(ports) + "; this is " +
                        std::to_string(port) + ". Choose with --port.";
    }
    return;
  }
}

/// False: the server there could not be read, and it may have taken a while to find out.
bool LiveSource::State::attach(std::uint16_t port, std::uint64_t now_ns) {
  ControlAnswer answer = ask_control_socket(port, {{"cmd", "attach"}}, kAttachBound);
  if (answer.result == ControlAnswer::Result::no_server) return true;
  std::string error = std::move(answer.error);
  if (answer.result == ControlAnswer::Result::ok) {
    try {
      if (!answer.descriptor) throw telemetry::SegmentError("it sent no telemetry segment");
      use(SegmentView::map_read_only(answer.descriptor.get()), port);
      return true;
    } catch (const telemetry::SegmentError& refused) {
      error = refused.what();
    }
  }
  snapshot.attachment_detail =
      "The server on port " + std::to_string(port) + " cannot be watched: " + error;
  next_attempt_ns = now_ns + kRetryPeriodNs;
  return false;
}

void LiveSource::State::use(SegmentView view, std::uint16_t port) {
  // The same server again, after it was taken for lost: the reading goes on where it stood.
  const bool same = session && session->view.header().instance_id == view.header().instance_id;
  if (!same) session = std::make_unique<Session>(std::move(view));
  session->detail.clear();
  snapshot.server = info_of(session->view.header(), port);
  snapshot.attachment = Attachment::live;
}

void LiveSource::State::read(std::uint64_t now_ns) {
  read_answers();
  read_events();
  snapshot.workers = telemetry::report_workers(session->view, now_ns);
  for (telemetry::WorkerReport& worker : snapshot.workers) {
    if (worker.in_flight) worker.in_flight->path = telemetry::printable(worker.in_flight->path);
  }
  read_totals(now_ns);
  read_beat(now_ns);
}

void LiveSource::State::read_answers() {
  for (std::uint32_t slot = 0; slot < session->requests.size(); ++slot) {
    LaneCursor<RequestRecord>& cursor = session->requests[slot];
    for (std::uint32_t count = 0; count < telemetry::kRequestCapacity; ++count) {
      const auto record = cursor.next();
      if (!record) break;
      answers.push_back(answer_of(*record, slot + 1));
    }
  }
  std::stable_sort(answers.begin(), answers.end(), [](const Answer& left, const Answer& right) {
    return left.end_ns < right.end_ns;
  });
}

void LiveSource::State::read_events() {
  for (std::uint32_t count = 0; count < telemetry::kEventCapacity; ++count) {
    const auto event = session->events.next();
    if (!event) break;
    events.push_back(*event);
  }
}

void LiveSource::State::read_totals(std::uint64_t now_ns) {
  const SegmentView& view = session->view;
  Totals totals;
  for (const telemetry::WorkerReport& worker : snapshot.workers) {
    totals.in_flight += worker.in_flight ? 1 : 0;
    totals.respawns += worker.respawns;
    totals.hangs += worker.hangs;
  }
  for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
    const telemetry::Counters counters = view.counters(slot);
    totals.waiting += counters.requests_waiting + counters.writes_parked;
    totals.errors += counters.responses[4];
    totals.abandoned += counters.abandoned;
    totals.requests += view.requests_total(slot);
    totals.lost_records += session->requests[slot].lost();
  }
  totals.lost_events = session->events.lost();
  totals.lost_records += totals.lost_events;

  if (session->rates.due(now_ns)) {
    session->rates.add(now_ns, totals.requests, read_latency());
    totals.requests_per_second = session->rates.requests_per_second();
    totals.p50_ms = session->rates.latency_ms(0.50);
    totals.p99_ms = session->rates.latency_ms(0.99);
  } else {
    totals.requests_per_second = snapshot.totals.requests_per_second;
    totals.p50_ms = snapshot.totals.p50_ms;
    totals.p99_ms = snapshot.totals.p99_ms;
  }
  snapshot.totals = totals;
}

/// Adds to `latency` what has ended since the look before, and returns the histogram of all
/// workers.
std::vector<std::uint64_t> LiveSource::State::read_latency() {
  std::vector<std::uint64_t> sum(telemetry::kHistogramBuckets);
  std::vector<std::uint64_t> counts;
  session->histograms.resize(session->view.slot_count());
  for (const telemetry::WorkerReport& worker : snapshot.workers) {
    session->view.histogram(worker.number - 1, counts);
    std::vector<std::uint64_t>& then = session->histograms[worker.number - 1];
    const bool first = then.empty();  // what ended before we came has no time
    then.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sum[i] += counts[i];
      if (first || counts[i] <= then[i]) continue;
      latency.push_back(
          {static_cast<std::uint16_t>(worker.number),
           latency_row(telemetry::histogram_lower_bound_ns(static_cast<std::uint32_t>(i))),
           static_cast<std::uint32_t>(std::min<std::uint64_t>(counts[i] - then[i], UINT32_MAX))});
    }
    then.swap(counts);
  }
  return sum;
}

/// What the primary says of itself, and whether it still lives.
void LiveSource::State::read_beat(std::uint64_t now_ns) {
  ServerInfo& server = snapshot.server;
  const auto beat = session->view.beat();
  const std::uint64_t beat_ns = beat ? beat->time_ns : 0;
  server.beat_age_ns = now_ns > beat_ns ? now_ns - beat_ns : 0;
  if (beat) {
    server.target_workers = beat->target_workers;
    server.draining = beat->state == static_cast<std::uint64_t>(telemetry::PrimaryState::draining);
  }
  const bool late = server.beat_age_ns > kBeatLateNs;
  const PrimaryWatch::Life life = session->primary.life();
  if (life == PrimaryWatch::Life::gone || (life == PrimaryWatch::Life::unknown && late)) {
    snapshot.attachment = Attachment::lost;
    snapshot.attachment_detail =
        "The server on port " + std::to_string(server.port) + " is gone. This is its last picture.";
    lost_ns = now_ns;
    next_attempt_ns = now_ns;
    return;
  }
  const bool corrupt =
      session->events.corrupt() || std::any_of(session->requests.begin(), session->requests.end(),
                                               [](const auto& cursor) { return cursor.corrupt(); });
  if (corrupt) {
    snapshot.attachment_detail = "The telemetry of this server is damaged: figures may be wrong.";
  } else if (late) {
    snapshot.attachment_detail = "The primary (pid " + std::to_string(server.primary_pid) +
                                 ") gives no sign of life: stopped, or starved of CPU time.";
  } else {
    snapshot.attachment_detail = session->detail;
  }
}

void LiveSource::State::sample_machine(std::uint64_t now_ns) {
  cores.sample(now_ns);
  snapshot.cores.clear();
  for (const CoreUse& core : cores.cores()) {
    snapshot.cores.push_back({core.number, core.utilisation, {}});
  }
  assign_workers_to_cores(snapshot);

  constexpr std::uint64_t kSpanNs = 1'000'000'000;
  if (cpu_since_ns != 0 && now_ns < cpu_since_ns + kSpanNs) return;
  const std::uint64_t cpu_ns = own_cpu_ns();
  if (cpu_since_ns != 0) {
    snapshot.observer_cpu =
        static_cast<double>(cpu_ns - cpu_then_ns) / static_cast<double>(now_ns - cpu_since_ns);
  }
  cpu_since_ns = now_ns;
  cpu_then_ns = cpu_ns;
}

}  // namespace forkscope::model
