// The telemetry segment: what lies where.
//
// One sealed memfd holds everything a viewer can know about a running server. The primary
// creates it before the first fork; every worker inherits the mapping; viewers receive the
// descriptor over the control socket and map it read-only.
//
//   ┌────────────┐
//   │ Header     │  written once by the primary before it forks; `magic` is stored last
//   ├────────────┤
//   │ Beat       │  lane, 2 records: the primary's heartbeat, 10 per second
//   │ Roster     │  lane per slot, 2 records: who holds the slot; written by the primary
//   │ Events     │  lane, 4096 records: the life cycle of all workers; written by the primary
//   ├────────────┤
//   │ Slot 1     │  page-aligned, written by the worker that holds the slot, and by nobody else
//   │  progress  │    what the event loop is doing, since when
//   │  counters  │    totals that never go back, and a few gauges
//   │  current   │    lane, 2 records: the request being handled, published before its handler runs
//   │  requests  │    lane, 512 records: the requests that have ended
//   │  histogram │    latency buckets
//   ├────────────┤
//   │ Slot 2 …   │
//   └────────────┘
//
// Everything after the header is little-endian 64-bit words, naturally aligned, read and written
// with single loads and stores (word.h). A lane is described in lane.h. Times are nanoseconds of
// CLOCK_MONOTONIC unless a name says otherwise; a time of 0 means "never".
//
// Exception to "nobody else": after a worker has died and has been reaped, the primary settles its
// slot (counts the requests that were lost) before the successor is forked; and while a worker that
// hangs may touch nothing, the primary lowers its gauge of connections by those that have moved.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace forkscope::telemetry {

static_assert(std::endian::native == std::endian::little, "the segment is little-endian");
static_assert(sizeof(void*) == 8, "64-bit machines only: words must be read in one load");

inline constexpr std::uint64_t kMagic = 0x4550'4F43'534B'5246;  // "FRKSCOPE"
inline constexpr std::uint16_t kMajorVersion = 1;  // a reader refuses any other major version
inline constexpr std::uint16_t kMinorVersion = 6;  // a higher minor version only appends
inline constexpr std::uint32_t kEndianMark = 0x0102'0304;
inline constexpr std::uint32_t kHeaderBytes = 4096;
inline constexpr std::uint32_t kMaxSlots = 256;
inline constexpr std::uint64_t kMaxSegmentBytes = std::uint64_t{1} << 30;

/// Parts of the segment, as the header's section table lists them.
enum class SectionId : std::uint32_t {
  beat = 1,
  roster = 2,
  events = 3,
  progress = 4,
  counters = 5,
  current = 6,
  requests = 7,
  histogram = 8,
};
inline constexpr std::uint32_t kSectionCount = 8;

/// Where one section lies. Item i of `count` starts at `offset + i * stride`. With `capacity` > 0
/// an item is a lane of that many records; with 0 it is `record_words` plain words.
struct Section {
  std::uint32_t id;
  std::uint32_t version;
  std::uint64_t offset;
  std::uint64_t stride;
  std::uint32_t count;
  std::uint32_t record_words;
  std::uint32_t capacity;
  std::uint32_t reserved;
};
static_assert(sizeof(Section) == 40);

/// Immutable once `magic` is there. `crc32c` covers the whole struct with `magic` and `crc32c`
/// taken as 0.
struct Header {
  std::uint64_t magic;
  std::uint16_t major_version;
  std::uint16_t minor_version;
  std::uint32_t header_bytes;
  std::uint32_t endian_mark;
  std::uint32_t word_bytes;
  std::uint64_t total_bytes;
  std::uint64_t layout_hash;  ///< FNV-1a of the section table.
  std::uint64_t instance_id;  ///< Random; differs between two runs of the server.
  std::uint32_t primary_pid;
  std::uint32_t port;
  std::uint64_t primary_start_ticks;  ///< Field 22 of /proc/<pid>/stat: tells a reused pid.
  std::uint32_t page_bytes;
  std::uint32_t slot_count;
  std::uint64_t hang_after_ns;
  std::uint64_t kill_after_ns;  ///< 0: never killed.
  char host[64];                ///< The listening address, NUL-terminated.
  char server_version[16];
  std::uint32_t faults_enabled;
  std::uint32_t section_count;
  Section sections[kSectionCount];
  std::uint32_t runs_program;  ///< 1: each worker reports of a program that it runs (1.5).
  std::uint32_t crc32c;
};
static_assert(sizeof(Header) <= kHeaderBytes);

// ── Beat ─────────────────────────────────────────────────────────────────────────────────────────

inline constexpr std::uint32_t kBeatWords = 8;
inline constexpr std::uint32_t kBeatCapacity = 2;

/// The primary's sign of life, and what it knows about the whole.
struct BeatRecord {
  std::uint64_t tick;           ///< Beats since the start.
  std::uint64_t time_ns;        ///< CLOCK_MONOTONIC.
  std::uint64_t wall_clock_ns;  ///< CLOCK_REALTIME at the same moment.
  std::uint64_t target_workers;
  std::uint64_t state;        ///< PrimaryState.
  std::uint32_t moved[4];     ///< Connections, since the start; by MoveReason − 1 (1.3).
  std::uint32_t protection;   ///< Protection (1.3).
  std::uint16_t balance;      ///< BalancePolicy (1.4).
  std::uint16_t open_queues;  ///< Queues that all workers may take from (1.4; RosterRecord).
};
static_assert(sizeof(BeatRecord) == kBeatWords * 8);

enum class PrimaryState : std::uint64_t { running = 0, draining = 1 };

/// Whether connections go on at other workers when theirs hangs, dies or drains. Unknown: by a
/// server before 1.3, where they did not.
enum class Protection : std::uint32_t { unknown = 0, off = 1, on = 2 };

/// Who takes a new connection (balancing/). Unknown: by a server before 1.4, which did not say.
enum class BalancePolicy : std::uint16_t {
  unknown = 0,
  least = 1,        ///< The available worker with the fewest connections.
  round_robin = 2,  ///< The next number.
  two_choices = 3,  ///< Of two at random the one with fewer connections.
  kernel = 4,       ///< Whoever the kernel wakes.
  hash = 5,         ///< Into a queue per worker, by a hash of addresses and ports.
  random = 6,       ///< Into a queue per worker, at random.
};

/// Why connections move to other workers: theirs hangs, has died, drains, or has more than others.
enum class MoveReason : std::uint32_t { none = 0, hang = 1, crash = 2, drain = 3, balance = 4 };

// ── Roster ───────────────────────────────────────────────────────────────────────────────────────

inline constexpr std::uint32_t kRosterWords = 18;
inline constexpr std::uint32_t kRosterWordsBefore4 = 16;  // of a server before 1.4
inline constexpr std::uint32_t kRosterCapacity = 2;

/// What the primary knows of the worker that holds a slot. `ready` splits into idle and busy by
/// the slot's own progress words (see WorkerState).
enum class RosterState : std::uint64_t {
  unused = 0,
  starting = 1,
  ready = 2,
  hung = 3,
  aborting = 4,
  draining = 5,
  dead = 6,
  backoff = 7,
};

/// How a hung worker hangs.
enum class HangKind : std::uint16_t { none = 0, spin = 1, blocked = 2, stopped = 3 };

/// Why the previous process of a slot ended.
enum class ExitCause : std::uint32_t { none = 0, exited = 1, signaled = 2 };

inline constexpr std::uint32_t kExitWasHung = 1;     // bit of `exit_flags`
inline constexpr std::uint32_t kExitCoreDumped = 2;  // bit of `exit_flags`

struct RosterRecord {
  std::uint32_t pid;
  std::uint32_t generation;  ///< From 1; counts the processes that have held this number.
  std::uint64_t state;       ///< RosterState.
  std::uint64_t state_since_ns;
  std::uint64_t forked_ns;
  std::uint64_t ready_ns;
  std::uint64_t stuck_since_ns;  ///< While hung or aborting: start of what it is stuck in.
  std::uint64_t kill_at_ns;      ///< While hung: when SIGABRT is due; 0 = never.
  std::uint64_t hang_kind;       ///< HangKind, while hung or aborting.
  std::uint32_t exit_cause;      ///< ExitCause of the previous generation.
  std::uint32_t exit_code;       ///< Exit code or signal number.
  std::uint32_t exit_flags;
  std::uint32_t abandoned_last;  ///< Requests in flight that the last exit took along.
  std::uint64_t exit_ns;
  std::uint64_t respawns;        ///< Forks of this slot after the first.
  std::uint64_t hangs;           ///< Times declared hung.
  std::uint64_t respawn_due_ns;  ///< While in backoff.
  std::uint64_t start_ticks;     ///< Field 22 of /proc/<pid>/stat.
  std::uint32_t hung_core;       ///< While hung or aborting: CPU it last ran on, if known (1.1).
  std::uint32_t hung_core_known;
  // What waits in the worker's own queue, which connections get into under `hash` and `random`;
  // looked up ten times a second while there may be some (1.4).
  std::uint32_t queue_length;
  std::uint32_t queue_limit;  ///< Room in it; 0: not looked up yet, or there is no queue.
  std::uint32_t queue_open;   ///< 1: all workers may take from it, since its own does not come.
  std::uint32_t reserved;
};
static_assert(sizeof(RosterRecord) == kRosterWords * 8);

// ── Events ───────────────────────────────────────────────────────────────────────────────────────

inline constexpr std::uint32_t kEventWords = 16;
inline constexpr std::uint32_t kEventCapacity = 4096;
inline constexpr std::uint32_t kEventTextBytes = 56;

/// One arrow of a worker's life. Names follow Node's cluster events where those exist.
enum class EventKind : std::uint16_t {
  none = 0,
  fork = 1,        ///< The worker's process exists; `text`: what for, if it is not to stay.
  listening = 2,   ///< It serves; `duration_ns` is the time since the fork.
  hung = 3,        ///< Declared hung; `since_ns` is the start, `text` what it hangs in.
  recovered = 4,   ///< A hung worker went on by itself; `duration_ns` is how long it hung.
  abort = 5,       ///< SIGABRT sent.
  kill = 6,        ///< SIGKILL sent.
  disconnect = 7,  ///< Draining: it takes no new connections.
  exit = 8,        ///< Reaped; see `exit_*`, `abandoned`.
  backoff = 9,     ///< The next fork waits; `duration_ns` is how long.
  stopped = 10,    ///< SIGSTOP or a like signal has stopped it.
  continued = 11,  ///< SIGCONT.
  signal = 12,     ///< Somebody had the primary send signal `exit_code`, by the control socket.
  scale = 13,      ///< The wanted number of workers is now `exit_code`.
  reload = 14,     ///< Rolling reload begins (`exit_code` 1) or ends (0; `text`: why early).
  shutdown = 15,   ///< The server stops; `text` says why.
  moved = 16,  ///< `exit_code` connections of this worker go on at others, for the MoveReason in
               ///< `exit_cause`; it took `duration_ns`; `text`: "2:5 3:6", five at worker 2, …
  protection = 17,   ///< Switched on (`exit_code` 1) or off (0).
  unprotected = 18,  ///< This worker's connections would die with it; `text` says why.
  exception = 19,    ///< Its handlers threw `exit_code` times in `duration_ns`; `text`: where and
                     ///< what, of the latest: "GET /v1/x: database is locked".
  balance = 20,  ///< New connections go by the BalancePolicy in `exit_code` from now on, by the one
                 ///< in `exit_cause` so far.
};

struct EventRecord {
  std::uint64_t time_ns;
  std::uint16_t kind;    ///< EventKind.
  std::uint16_t worker;  ///< Number, from 1; 0 = the primary itself.
  std::uint16_t hang_kind;
  std::uint16_t text_bytes;
  std::uint32_t pid;
  std::uint32_t generation;
  std::uint64_t since_ns;
  std::uint64_t duration_ns;
  std::uint32_t exit_cause;  ///< ExitCause.
  std::uint32_t exit_code;
  std::uint32_t exit_flags;
  std::uint32_t abandoned;
  std::uint64_t served_total;  ///< Requests that all workers have ended up to this moment.
  std::uint64_t wall_clock_ns;
  char text[kEventTextBytes];  ///< Not terminated; `text_bytes` long. Never trusted as printable.
};
static_assert(sizeof(EventRecord) == kEventWords * 8);

// ── Slot ─────────────────────────────────────────────────────────────────────────────────────────

/// What a worker's event loop is doing. Only `idle` may last.
enum class Phase : std::uint64_t {
  booting = 0,
  idle = 1,
  reading = 2,
  handling = 3,
  committing = 4,
  flushing = 5,
};

/// Plain words, each stored by the worker alone.
struct Progress {
  std::uint64_t phase;          ///< Phase.
  std::uint64_t busy_since_ns;  ///< Start of the step that `phase` names.
  std::uint64_t steps;          ///< The progress counter: moves with every step of the loop.
  std::uint64_t last_core;      ///< CPU number of the latest step.
  std::uint64_t generation;     ///< Of the process that writes; 0 until it runs.
  std::uint64_t ready_ns;       ///< When this generation began to serve; 0 before.
  std::uint64_t requests_done;  ///< Id of the latest request that is not in the worker's hands.
  std::uint64_t draining;       ///< 1 once the worker takes no new connections.
};
inline constexpr std::uint32_t kProgressWords = sizeof(Progress) / 8;

/// Plain words. Totals carry over from one generation of a slot to the next.
struct Counters {
  std::uint64_t responses[5];  ///< By status class: 1xx … 5xx.
  std::uint64_t bytes_received;
  std::uint64_t bytes_sent;
  std::uint64_t connections_accepted;
  std::uint64_t connections_open;  ///< Gauge.
  std::uint64_t writes_parked;     ///< Gauge: write requests that wait for their turn.
  std::uint64_t requests_waiting;  ///< Gauge: connections with a request that is read, not begun.
  std::uint64_t abandoned;         ///< Requests lost with their worker: connections that broke with
                                   ///< one outstanding (by the primary).
  std::uint64_t exceptions;        ///< Handlers that threw; each was answered with 500.
  std::uint64_t limit_reached;     ///< Clients that found no room for their connection (1.2).
  std::uint64_t writes_unflushed;  ///< Gauge: committed writes that wait for the disk, and are
                                   ///< out of the worker's hands (1.2).
  std::uint64_t unended;           ///< Requests that were begun here, and ended elsewhere or not at
                                   ///< all (1.3).
  std::uint64_t log_lines_dropped;  ///< By the worker, of its application's: too many in a second,
                                    ///< or more than the primary could take (1.4).
  // Of a worker that runs a program (1.5):
  std::uint64_t reports;          ///< Lines of the program that have been taken.
  std::uint64_t reports_ignored;  ///< Lines that said nothing: malformed, or of no known request.
  std::uint64_t shown_again;      ///< Records of `current` beyond the first of a request.
};
inline constexpr std::uint32_t kCountersWords = sizeof(Counters) / 8;
inline constexpr std::uint32_t kCountersWordsBefore4 = 16;  // of a server before 1.4

enum class Method : std::uint8_t {
  other = 0,
  get = 1,
  head = 2,
  post = 3,
  put = 4,
  patch = 5,
  del = 6,
  options = 7,
};

inline constexpr std::uint32_t kCurrentWords = 32;
inline constexpr std::uint32_t kCurrentCapacity = 2;
inline constexpr std::uint32_t kPathBytes = 216;

/// The latest request that was begun: it is in the worker's hands while its id, which is the lane's
/// head, is above `Progress::requests_done`. Where requests end in any order, and that one does
/// before others, the latest of those gets a new id here (Counters::shown_again).
struct CurrentRecord {
  std::uint64_t id;  ///< Per slot, from 1, across generations.
  std::uint64_t start_ns;
  std::uint64_t connection;  ///< Per worker process, from 1.
  std::uint8_t method;       ///< Method.
  std::uint8_t reserved0;
  std::uint16_t path_bytes;
  std::uint32_t generation;
  std::uint64_t reserved1;
  char path[kPathBytes];  ///< Without the query; cut at the length. Never trusted as printable.
};
static_assert(sizeof(CurrentRecord) == kCurrentWords * 8);

inline constexpr std::uint32_t kRequestWords = 8;
inline constexpr std::uint32_t kRequestCapacity = 512;
inline constexpr std::uint32_t kRequestPathBytes = 16;

/// A request that has ended.
struct RequestRecord {
  std::uint64_t id;
  std::uint64_t end_ns;
  std::uint64_t duration_ns;
  std::uint8_t method;
  /// The number of the worker whose message it was, to all others; 0: it came from a client, or
  /// from a worker above 255 (1.6).
  std::uint8_t heard_from;
  std::uint16_t status;
  std::uint32_t response_bytes;
  std::uint32_t connection;  ///< Low 32 bits of the connection's number.
  std::uint16_t core;
  std::uint16_t path_bytes;      ///< Of the whole path, which may be longer than `path`.
  std::uint64_t path_hash;       ///< FNV-1a 64 of the whole path, without the query.
  char path[kRequestPathBytes];  ///< The path's last bytes.
};
static_assert(sizeof(RequestRecord) == kRequestWords * 8);

}  // namespace forkscope::telemetry
