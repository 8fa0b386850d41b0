// The contract between the primary and the processes that it forks. The primary knows no more of
// them than this: what they serve, and by which event loop, is theirs alone.
//
//   primary                                  child
//   fork(2) ───────────────────────────────▶ Child::run(inheritance)
//   "ready" ◀────────────── voice ────────── say_ready(), or
//   tries again, or ends a start ◀────────── say_why_not(), and exit code 3 or 4
//   log, events ◀────────── voice ────────── Voice::log(), exception()
//   hang watch ◀──────── telemetry slot ──── SlotWriter::step(), idle()
//   SIGTERM, kHandOverSignal ──────────────▶ finishes what it has, and returns 0
//
// A child has one thread that serves. It gets a telemetry slot of its own, and cannot write to any
// other one. It dies with the primary.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "child/voice.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/slot_writer.h"
#include "os/event_fd.h"
#include "protection/worker_end.h"

namespace forkscope::child {

/// Asks a child to finish while its peers go on serving: its clients get a moment to move on to
/// them. SIGTERM asks the same of all children, when the server stops.
inline constexpr int kHandOverSignal = SIGUSR2;

// Exit codes of a child that could not start serving.
inline constexpr int kExitCannotBoot = 3;     ///< Trying again will not help.
inline constexpr int kExitCannotBootYet = 4;  ///< Trying again may help.

/// What a child inherits. The primary's, and valid for the child's whole life.
struct Inheritance {
  std::uint32_t slot = 0;                ///< From 0; the worker's number is one more.
  const telemetry::SegmentView& view;    ///< To see the peers.
  telemetry::SlotWriter& writer;         ///< To be seen: of this child's slot.
  int listening_socket = -1;             ///< Shared with the peers; does not block.
  const std::vector<os::EventFd>& wake;  ///< One per slot; the child's own and the peers'. The
                                         ///< primary signals the others' when one hangs or dies.
  Voice& voice;                          ///< To be heard: by the primary.
  /// What the child that was ready last has left for its successors: descriptors, which the child
  /// may close.
  std::vector<int> heirlooms = {};
  /// Where the child's connections outlive it; null: they do not, whatever it does.
  const protection::Inheritance* protection = nullptr;
  /// By slot, listening sockets that are one child's alone, under a policy that needs them
  /// (balancing/); none where there can be none. In a child's own one, connections may wait at any
  /// time. It may take from others while RosterRecord::queue_open says so.
  std::span<const int> queues = {};
};

/// The child serves from now on. `heirlooms` (borrowed, 16 at most) are handed to every child that
/// is forked later. One of these two functions is called, once.
void say_ready(const Inheritance& inheritance, std::span<const int> heirlooms = {});

/// The child cannot serve, and is to return `exit_code`, which this returns. `why` is one line for
/// people.
[[nodiscard]] int say_why_not(const Inheritance& inheritance, std::string_view why, int exit_code);

/// What the primary forks, and what it has to know and to announce of it.
struct Child {
  /// Its whole life, after the fork; returns its exit code: 0 after it was asked to finish. All
  /// signals are blocked when it begins (os/child_process.h).
  std::function<int(const Inheritance&)> run;
  std::string scheme;           ///< What its URLs begin with, "http"; empty: it has none.
  bool faults_enabled = false;  ///< Whether viewers may offer its /v1/faults/ URLs.
  /// How many connections each has at most, so that the primary sees to it that it may open as many
  /// files; 0: it does not say.
  std::uint64_t max_connections = 0;
  /// Takes connections by every policy (balancing/), from Inheritance::queues as well. Or else each
  /// takes what the kernel wakes it for, which is BalancePolicy::kernel: then there are no queues,
  /// and no other policy is to be had.
  bool follows_policies = false;
  std::uint64_t other_files = 0;  ///< Files that each has open beside them and all of `wake`.
  /// Each runs this program of somebody else's, which takes connections as it likes; empty: none.
  /// Then a child leads a process group of its own, and whatever ends, stops or continues it does
  /// so to all of the group.
  std::vector<std::string> command = {};
  /// What each is to find open besides, under the same numbers: of the one who has made this, and
  /// open as long as the primary is.
  std::vector<int> descriptors = {};
};

}  // namespace forkscope::child
