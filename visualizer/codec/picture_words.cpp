#include "codec/picture_words.h"

#include <algorithm>
#include <cmath>

namespace forkscope::codec {

using telemetry::WorkerReport;

namespace {

/// Which word says what.
struct ServerWord {
  enum : std::size_t {
    time,
    wall_clock_offset,
    attachment,
    detail,
    beat_age,
    target_workers,
    draining,
    port,
    host,
    version,
    primary_pid,
    instance,
    hang_after,
    kill_after,
    faults_enabled,
    protection,  // since 1.1
    balance,     // since 1.4
    count
  };
};
static_assert(ServerWord::count == PictureWords::kServerWords);

struct TotalsWord {
  enum : std::size_t {
    requests,
    decirate,
    p50_ns,
    p99_ns,
    waiting,
    in_flight,
    errors,
    abandoned,
    respawns,
    hangs,
    lost_records,
    lost_events,
    moved,               // four words, by reason; since 1.1
    closed = moved + 4,  // one more than it is, 0 = not known; since 1.3
    count
  };
};
static_assert(TotalsWord::count == PictureWords::kTotalsWords);

/// Those that change most come first: the mask of what has changed stays short.
struct WorkerWord {
  enum : std::size_t {
    requests,
    decirate,
    busy_since,
    request_id,
    request_start,
    core,
    request_path,
    request_connection,
    request_method,  // 0 = no request in flight, else 1 + the method
    state,
    phase,
    connections,
    hang_kind,
    pid,
    generation,
    state_since,
    stuck_since,
    kill_at,
    started_at,
    respawns,
    hangs,
    exit_flags,
    exit_cause,
    exit_code,
    exit_abandoned,
    exit_time,
    queue_length,  // since 1.4
    queue_limit,
    reports,  // one more than they are, 0 = it runs no program; this and the next two since 1.5
    reports_ignored,
    in_hand,
    count
  };
};
static_assert(WorkerWord::count == PictureWords::kWorkerWords);

constexpr std::uint64_t kExited = 1;  // of the exit flags
constexpr std::uint64_t kWasHung = 2;
constexpr std::uint64_t kCoreDumped = 4;

constexpr double kRateSteps = 10;  // per request per second
constexpr double kNsPerMs = 1e6;
constexpr double kUtilisationSteps = 1000;

std::uint64_t scaled(double value, double factor) {
  if (!(value > 0)) return 0;  // NaN, too
  return static_cast<std::uint64_t>(std::llround(std::min(value * factor, 1e18)));
}

double unscaled(std::uint64_t word, double factor) { return static_cast<double>(word) / factor; }

template <typename Enum>
std::uint64_t word_of_enum(Enum value) {
  return static_cast<std::uint64_t>(value);
}

/// Enumerators from a file are taken at their word only up to the last that is known.
template <typename Enum>
Enum enum_of(std::uint64_t word, Enum last, Enum otherwise) {
  return word <= static_cast<std::uint64_t>(last) ? static_cast<Enum>(word) : otherwise;
}

// ── to words ─────────────────────────────────────────────────────────────────────────────────────

void put_server(const picture::Snapshot& picture, PictureWords& result, const WordOfText& word_of) {
  using W = ServerWord;
  auto& words = result.server;
  const picture::ServerInfo& server = picture.server;
  words[W::time] = picture.time_ns;
  words[W::wall_clock_offset] = static_cast<std::uint64_t>(picture.wall_clock_ns) - picture.time_ns;
  words[W::attachment] = word_of_enum(picture.attachment);
  words[W::detail] = word_of(picture.attachment_detail);
  words[W::beat_age] = server.beat_age_ns;
  words[W::target_workers] = server.target_workers;
  words[W::draining] = server.draining ? 1 : 0;
  words[W::port] = server.port;
  words[W::host] = word_of(server.host);
  words[W::version] = word_of(server.version);
  words[W::primary_pid] = server.primary_pid;
  words[W::instance] = server.instance_id;
  words[W::hang_after] = server.hang_after_ns;
  words[W::kill_after] = server.kill_after_ns;
  words[W::faults_enabled] = server.faults_enabled ? 1 : 0;
  words[W::protection] = word_of_enum(server.protection);
  words[W::balance] = word_of_enum(server.balance);
}

void put_totals(const picture::Totals& totals, PictureWords& result) {
  using W = TotalsWord;
  auto& words = result.totals;
  words[W::requests] = totals.requests;
  words[W::decirate] = scaled(totals.requests_per_second, kRateSteps);
  words[W::p50_ns] = scaled(totals.p50_ms, kNsPerMs);
  words[W::p99_ns] = scaled(totals.p99_ms, kNsPerMs);
  words[W::waiting] = totals.waiting;
  words[W::in_flight] = totals.in_flight;
  words[W::errors] = totals.errors;
  words[W::abandoned] = totals.abandoned;
  words[W::respawns] = totals.respawns;
  words[W::hangs] = totals.hangs;
  words[W::lost_records] = totals.lost_records;
  words[W::lost_events] = totals.lost_events;
  std::copy(totals.moved.begin(), totals.moved.end(), words.begin() + W::moved);
  words[W::closed] = totals.closed ? *totals.closed + 1 : 0;
}

PictureWords::Worker worker_words(const WorkerReport& worker, std::uint64_t time_ns,
                                  const WordOfText& word_of) {
  using W = WorkerWord;
  PictureWords::Worker result{worker.number, {}};
  auto& words = result.words;
  words[W::requests] = worker.requests;
  words[W::decirate] = scaled(worker.requests_per_second, kRateSteps);
  words[W::busy_since] = worker.busy_since_ns;
  if (const auto& request = worker.in_flight) {
    words[W::request_id] = request->id;
    words[W::request_start] = request->start_ns;
    words[W::request_path] = word_of(request->path);
    words[W::request_connection] = request->connection;
    words[W::request_method] = 1 + word_of_enum(request->method);
  }
  words[W::core] = worker.core;
  words[W::state] = word_of_enum(worker.state);
  words[W::phase] = word_of_enum(worker.phase);
  words[W::connections] = worker.connections;
  words[W::queue_length] = worker.queue_length;
  words[W::queue_limit] = worker.queue_limit;
  if (const auto& program = worker.program) {
    words[W::reports] = program->reports + 1;
    words[W::reports_ignored] = program->reports_ignored;
    words[W::in_hand] = program->in_hand;
  }
  words[W::hang_kind] = word_of_enum(worker.hang_kind);
  words[W::pid] = worker.pid;
  words[W::generation] = worker.generation;
  words[W::state_since] = worker.state_since_ns;
  words[W::stuck_since] = worker.stuck_since_ns;
  words[W::kill_at] = worker.kill_at_ns;
  words[W::started_at] = worker.pid != 0 ? time_ns - worker.uptime_ns : 0;
  words[W::respawns] = worker.respawns;
  words[W::hangs] = worker.hangs;
  if (const auto& exit = worker.last_exit) {
    words[W::exit_flags] =
        kExited | (exit->was_hung ? kWasHung : 0) | (exit->core_dumped ? kCoreDumped : 0);
    words[W::exit_cause] = word_of_enum(exit->cause);
    words[W::exit_code] = exit->code;
    words[W::exit_abandoned] = exit->abandoned;
    words[W::exit_time] = exit->time_ns;
  }
  return result;
}

// ── from words ───────────────────────────────────────────────────────────────────────────────────

void take_server(const PictureWords& from, picture::Snapshot& picture, const TextOfWord& text_of) {
  using W = ServerWord;
  const auto& words = from.server;
  picture::ServerInfo& server = picture.server;
  picture.time_ns = words[W::time];
  picture.wall_clock_ns = static_cast<std::int64_t>(words[W::time] + words[W::wall_clock_offset]);
  picture.attachment =
      enum_of(words[W::attachment], picture::Attachment::lost, picture::Attachment::lost);
  picture.attachment_detail = text_of(words[W::detail]);
  server.beat_age_ns = words[W::beat_age];
  server.target_workers = words[W::target_workers];
  server.draining = words[W::draining] != 0;
  server.port = static_cast<std::uint16_t>(words[W::port]);
  server.host = text_of(words[W::host]);
  server.version = text_of(words[W::version]);
  server.primary_pid = static_cast<std::uint32_t>(words[W::primary_pid]);
  server.instance_id = words[W::instance];
  server.hang_after_ns = words[W::hang_after];
  server.kill_after_ns = words[W::kill_after];
  server.faults_enabled = words[W::faults_enabled] != 0;
  server.protection =
      enum_of(words[W::protection], telemetry::Protection::on, telemetry::Protection::unknown);
  server.balance = enum_of(words[W::balance], telemetry::BalancePolicy::random,
                           telemetry::BalancePolicy::unknown);
}

picture::Totals totals_of(const PictureWords& from) {
  using W = TotalsWord;
  const auto& words = from.totals;
  picture::Totals totals;
  totals.requests = words[W::requests];
  totals.requests_per_second = unscaled(words[W::decirate], kRateSteps);
  totals.p50_ms = unscaled(words[W::p50_ns], kNsPerMs);
  totals.p99_ms = unscaled(words[W::p99_ns], kNsPerMs);
  totals.waiting = words[W::waiting];
  totals.in_flight = words[W::in_flight];
  totals.errors = words[W::errors];
  totals.abandoned = words[W::abandoned];
  totals.respawns = words[W::respawns];
  totals.hangs = words[W::hangs];
  totals.lost_records = words[W::lost_records];
  totals.lost_events = std::min(words[W::lost_events], totals.lost_records);
  std::copy_n(words.begin() + W::moved, totals.moved.size(), totals.moved.begin());
  if (words[W::closed] != 0) totals.closed = words[W::closed] - 1;
  return totals;
}

telemetry::ExitReport exit_of(const PictureWords::Worker& worker) {
  using W = WorkerWord;
  const auto& words = worker.words;
  telemetry::ExitReport exit;
  exit.was_hung = (words[W::exit_flags] & kWasHung) != 0;
  exit.core_dumped = (words[W::exit_flags] & kCoreDumped) != 0;
  exit.cause =
      enum_of(words[W::exit_cause], telemetry::ExitCause::signaled, telemetry::ExitCause::none);
  exit.code = static_cast<std::uint32_t>(words[W::exit_code]);
  exit.abandoned = static_cast<std::uint32_t>(words[W::exit_abandoned]);
  exit.time_ns = words[W::exit_time];
  return exit;
}

WorkerReport report_of(const PictureWords::Worker& worker, std::uint64_t time_ns,
                       const TextOfWord& text_of) {
  using namespace telemetry;
  using W = WorkerWord;
  const auto& words = worker.words;
  WorkerReport report;
  report.number = static_cast<std::uint32_t>(worker.number);
  report.requests = words[W::requests];
  report.requests_per_second = unscaled(words[W::decirate], kRateSteps);
  report.busy_since_ns = words[W::busy_since];
  report.core = static_cast<std::uint32_t>(words[W::core]);
  if (words[W::request_method] != 0) {
    report.in_flight =
        InFlight{words[W::request_id], words[W::request_start], words[W::request_connection],
                 method_of(words[W::request_method] - 1), text_of(words[W::request_path])};
  }
  report.state = enum_of(words[W::state], WorkerState::unknown, WorkerState::unknown);
  report.phase = enum_of(words[W::phase], Phase::flushing, Phase::booting);
  report.connections = words[W::connections];
  report.queue_length = static_cast<std::uint32_t>(words[W::queue_length]);
  report.queue_limit = static_cast<std::uint32_t>(words[W::queue_limit]);
  if (words[W::reports] != 0) {
    report.program =
        ProgramReport{words[W::reports] - 1, words[W::reports_ignored], words[W::in_hand]};
  }
  report.hang_kind = enum_of(words[W::hang_kind], HangKind::stopped, HangKind::none);
  report.pid = static_cast<std::uint32_t>(words[W::pid]);
  report.generation = static_cast<std::uint32_t>(words[W::generation]);
  report.state_since_ns = words[W::state_since];
  report.stuck_since_ns = words[W::stuck_since];
  report.kill_at_ns = words[W::kill_at];
  if (report.pid != 0 && words[W::started_at] < time_ns) {
    report.uptime_ns = time_ns - words[W::started_at];
  }
  report.respawns = words[W::respawns];
  report.hangs = words[W::hangs];
  if ((words[W::exit_flags] & kExited) != 0) report.last_exit = exit_of(worker);
  return report;
}

/// Whether `number` may follow what is listed already.
template <typename Item>
bool ascends(const std::vector<Item>& items, std::uint64_t number) {
  return items.empty() || number > items.back().number;
}

}  // namespace

PictureWords words_of(const picture::Snapshot& picture, const WordOfText& word_of) {
  PictureWords result;
  put_server(picture, result, word_of);
  put_totals(picture.totals, result);
  for (const WorkerReport& worker : picture.workers) {
    const bool valid = worker.number > 0 && worker.number <= telemetry::kMaxSlots;
    if (!valid || !ascends(result.workers, worker.number)) continue;
    result.workers.push_back(worker_words(worker, picture.time_ns, word_of));
  }
  for (const picture::CoreSample& core : picture.cores) {
    if (!ascends(result.cores, core.number) || result.cores.size() == kMaxCores) continue;
    result.cores.push_back(
        {core.number, scaled(std::min(core.utilisation, 1.0), kUtilisationSteps),
         core.own ? 1 + scaled(std::min(*core.own, 1.0), kUtilisationSteps) : 0});
  }
  return result;
}

picture::Snapshot picture_of(const PictureWords& words, const TextOfWord& text_of) {
  picture::Snapshot picture;
  take_server(words, picture, text_of);
  picture.totals = totals_of(words);
  for (const PictureWords::Worker& worker : words.workers) {
    picture.workers.push_back(report_of(worker, picture.time_ns, text_of));
  }
  for (const PictureWords::Core& core : words.cores) {
    picture::CoreSample& sample = picture.cores.emplace_back();
    sample.number = static_cast<std::uint32_t>(core.number);
    sample.utilisation = std::min(unscaled(core.permille, kUtilisationSteps), 1.0);
    if (core.own_permille == 0) continue;
    sample.own = std::min(unscaled(core.own_permille - 1, kUtilisationSteps), sample.utilisation);
  }
  picture::assign_workers_to_cores(picture);
  return picture;
}

telemetry::Method method_of(std::uint64_t word) {
  return enum_of(word, telemetry::Method::options, telemetry::Method::other);
}

}  // namespace forkscope::codec
