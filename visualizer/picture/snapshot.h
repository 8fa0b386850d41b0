// What the visualizer knows at one moment: plain values, no pointers into shared memory.
//
// A source (live_source.h) makes one; History (history.h) keeps ten minutes of them; views draw
// from both and change neither.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "forkscope/telemetry/worker_report.h"

namespace forkscope::picture {

/// How the visualizer stands to a server.
enum class Attachment {
  searching,  ///< No server found yet.
  live,       ///< Attached, and its primary's heart beats.
  lost,       ///< Was attached; the server is gone. The last picture stays.
};

/// Identity and settings of the server looked at.
struct ServerInfo {
  std::uint16_t port = 0;
  std::string host;
  std::string socket = {};  ///< Path of its control socket, as of now; not of a recording's.
  std::string version;
  std::uint32_t primary_pid = 0;
  std::uint64_t instance_id = 0;
  std::uint64_t hang_after_ns = 0;
  std::uint64_t kill_after_ns = 0;  ///< 0 = never.
  std::uint64_t target_workers = 0;
  bool faults_enabled = false;
  bool draining = false;
  telemetry::Protection protection = telemetry::Protection::unknown;
  telemetry::BalancePolicy balance = telemetry::BalancePolicy::unknown;
  std::uint64_t beat_age_ns = 0;  ///< Age of the primary's latest heartbeat.
};

struct CoreSample {
  std::uint32_t number = 0;
  double utilisation = 0;                   ///< 0 … 1, since the previous sample.
  std::vector<std::uint32_t> workers = {};  ///< Numbers of those that last ran on it, and work.
  /// Workers that may use it: one that spins, since where it has run is as old as the latest look
  /// at it, and the kernel may have moved it since; and one whose request takes long, since that
  /// may as well wait for something.
  std::vector<std::uint32_t> suspects = {};
  /// Of the utilisation, what is the workers'; nothing where nobody has looked. The rest is
  /// others'.
  std::optional<double> own = {};
};

/// A program that is none of the server's.
struct Program {
  std::string name;  ///< "wrk"; printable.
  double cores = 0;  ///< What it uses, 1.0 = one core.
};

/// One ended request: "who answered".
struct Answer {
  std::uint64_t end_ns = 0;
  std::uint64_t duration_ns = 0;
  std::uint64_t id = 0;  ///< Per worker.
  std::uint32_t worker = 0;
  std::uint32_t connection = 0;
  std::uint16_t status = 0;
  std::uint16_t core = 0;
  telemetry::Method method = telemetry::Method::other;
  std::uint8_t heard_from = 0;  ///< Number of the worker whose message it was; 0: a client's.
  std::string path_tail;        ///< Printable; with "…" in front when the path was longer.
};

struct Totals {
  double requests_per_second = 0;  ///< Sum of the workers'; History counts both.
  double p50_ms = 0;               ///< Over the last second; 0 without requests.
  double p99_ms = 0;
  std::uint64_t requests = 0;
  std::uint64_t waiting = 0;  ///< Requests read but not begun, and writes that wait.
  std::uint64_t in_flight = 0;
  std::uint64_t errors = 0;     ///< 5xx responses.
  std::uint64_t abandoned = 0;  ///< Requests that died with their worker.
  std::uint64_t respawns = 0;
  std::uint64_t hangs = 0;
  std::array<std::uint64_t, 4> moved{};  ///< Connections, by telemetry::MoveReason - 1.
  /// Connections that have come and are not there any more, whoever closed them; nothing where that
  /// is not known. One that moves is not there for a moment.
  std::optional<std::uint64_t> closed = {};
  std::uint64_t lost_records = 0;  ///< Answers and events that this viewer was too slow to see.
  std::uint64_t lost_events = 0;   ///< How many of these were events.

  std::uint64_t moved_in_all() const { return moved[0] + moved[1] + moved[2] + moved[3]; }
};

struct Snapshot {
  Attachment attachment = Attachment::searching;
  std::string attachment_detail;  ///< One sentence for people: why not live.
  std::uint64_t time_ns = 0;      ///< CLOCK_MONOTONIC.
  std::int64_t wall_clock_ns = 0;
  ServerInfo server;
  std::vector<telemetry::WorkerReport> workers;  ///< By number.
  std::vector<CoreSample> cores;                 ///< By number.
  Totals totals;
  /// The visualizer's own CPU use, 1.0 = one core. Of the machine that watches, not of what is
  /// watched: neither recorded nor replayed.
  std::optional<double> observer_cpu;
  /// Who else uses this machine, the busiest first. Likewise.
  std::vector<Program> other_programs;
};

/// One request for so long: slow.
inline constexpr std::uint64_t kSlowNs = 250'000'000;

/// Notes with each core the workers that use it, as their reports have it: neither those that
/// answer nothing nor those that hang without spinning. One that spins is not on a core that is
/// hardly used, whatever is said of it.
void assign_workers_to_cores(Snapshot& snapshot);

/// Who answers the most per second, as `rates` has it, of those that have a process in `now`; null
/// where none has. The worker that a kill is meant for, unless somebody has chosen one.
const telemetry::WorkerReport* busiest_worker(const Snapshot& now, const Snapshot& rates);

/// Without a process, but not dead: the last one was asked to go, and went with exit code 0.
bool ended_as_planned(const telemetry::WorkerReport& worker);

}  // namespace forkscope::picture
