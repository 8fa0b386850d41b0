// Incidents: what happened to a worker, derived from the primary's event lane alone.
//
// Owned by History, which feeds them. Plain values: nothing here knows of a segment or a file.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "history/moves.h"

namespace forkscope::history {

enum class IncidentKind {
  hang,   ///< Declared hung, however it ended.
  crash,  ///< An exit that nobody asked for, of a worker that was not hung.
};

/// From the first sign to the successor's readiness. Times are CLOCK_MONOTONIC, 0 = not yet.
struct Incident {
  std::uint32_t id = 0;        ///< Counts incidents, from 1.
  std::uint64_t known_ns = 0;  ///< When it became known: declared hung, crashed, or dead.
  IncidentKind kind = IncidentKind::hang;
  std::uint32_t worker = 0;
  std::uint32_t generation = 0;
  std::uint32_t pid = 0;
  telemetry::HangKind hang_kind = telemetry::HangKind::none;
  std::string request;  ///< It hangs in: "GET /v1/faults/hang", printable. Empty outside of any.
  std::string phase;    ///< What its loop does, outside of any request: "idle".
  std::uint64_t stuck_since_ns = 0;
  std::uint64_t declared_ns = 0;
  std::uint64_t abort_ns = 0;
  std::uint64_t kill_ns = 0;
  std::uint64_t exit_ns = 0;        ///< The latest exit: in a crash loop there are several.
  std::uint64_t first_exit_ns = 0;  ///< The first one.
  std::uint64_t fork_ns = 0;
  std::uint64_t back_ns = 0;     ///< Successor ready, or recovered.
  bool recovered = false;        ///< The same process went on.
  bool replaced = true;          ///< False: over without a successor, since worker or server went.
  std::uint32_t deaths = 0;      ///< Processes that died in it: more than 1 in a crash loop.
  std::uint32_t exit_cause = 0;  ///< telemetry::ExitCause.
  std::uint32_t exit_code = 0;   ///< Exit code or signal.
  std::uint32_t abandoned = 0;   ///< Requests lost with it.
  std::uint32_t moved = 0;       ///< Connections that went on at other workers because of it.
  std::uint64_t moved_ns = 0;    ///< When the latest of them did.
  std::uint64_t moving_ns = 0;   ///< How long that took, all moves together.
  std::map<std::uint32_t, std::uint32_t> moved_to = {};  ///< How many, by worker number.
  std::uint64_t served_at_start = 0;  ///< Requests ended by all workers when it began.
  std::uint64_t served_at_end = 0;    ///< Requests ended by all workers when it was over.

  bool open() const { return back_ns == 0; }
  std::uint64_t start_ns() const { return stuck_since_ns ? stuck_since_ns : known_ns; }
  /// It died, of nothing that was known before. Its end may not be over: the kernel still has it.
  bool is_dead() const { return exit_ns != 0 || kind == IncidentKind::crash; }
};

/// Feed it every event, in order; ask it for the incidents. Events may be missing, when the lane
/// was faster than its reader: a later generation's sign of life closes what came before it.
/// Not thread-safe.
class Incidents {
 public:
  void add(const telemetry::EventRecord& event);
  /// The slot is given up while its worker is dead: nobody will come back.
  void worker_removed(std::uint32_t worker, std::uint64_t time_ns);
  /// The server is gone, and every open incident with it. The next event is of another server.
  void server_gone(std::uint64_t time_ns);
  /// Oldest first; at most the latest 256.
  const std::vector<Incident>& all() const { return incidents_; }
  /// As they were known at a moment: without what came later.
  std::vector<Incident> at(std::uint64_t time_ns) const;

 private:
  /// What is known of the process that holds, or held, a worker's number.
  struct Life {
    std::uint32_t generation = 0;          // the newest one seen
    std::uint32_t leaving_generation = 0;  // the newest one that was asked to go
  };

  /// An incident as it was known from `time_ns` on.
  struct Version {
    std::uint64_t time_ns;
    Incident incident;
  };

  Incident& open(IncidentKind kind, const telemetry::EventRecord& event);
  /// The open incident of that very process.
  Incident* find(const telemetry::EventRecord& event);
  void declare_hung(const telemetry::EventRecord& event);
  void end_process(const telemetry::EventRecord& event, const Life& before);
  /// The incident because of which they moved; one that begins with it; or null.
  Incident* cause_of(const Move& move, const telemetry::EventRecord& event);
  void note_move(const telemetry::EventRecord& event);
  void note_successor(const telemetry::EventRecord& event);
  /// Keeps what `incident` has become at `time_ns`.
  void keep(const Incident& incident, std::uint64_t time_ns);

  std::vector<Incident> incidents_;
  std::deque<std::vector<Version>> versions_;  // of each incident, oldest first
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, Life> lives_;  // by worker number
  bool stopping_ = false;
};

}  // namespace forkscope::history
