// How many workers there are, and under which numbers: 1 to the number that is wanted, and during a
// rolling reload one more.
//
//   scale     the highest numbers come, or drain and go
//   reload    every worker is replaced by a fresh process, one at a time:
//
//     fork the extra one ─▶ ready
//       ─▶ drain worker 1 ─▶ reaped ─▶ fork it anew ─▶ ready
//       ─▶ drain worker 2 ─▶ … and so on to the last
//       ─▶ drain the extra one
//
// The extra worker takes the place of the one that goes, so that there are never fewer than before.
// It is forked first: if it can't boot, the reload ends there, and all old workers still serve.
//
// At the start the first worker is forked alone: all others have to find what it has found or made.
// They are forked when it is ready.
//
// Owns the handles. The primary's loop calls it; what is due now is done by roll(), which may be
// called at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "os/deadline.h"
#include "os/service_manager.h"
#include "supervisor/worker_handle.h"

namespace forkscope::supervisor {

/// How far a rolling reload is.
struct RollingReload {
  struct Old {
    std::uint32_t number = 0;
    std::uint32_t generation = 0;
  };
  std::vector<Old> old;     ///< What there is to replace; the first one is at work.
  std::uint32_t extra = 0;  ///< Number of the extra worker; 0 = none.
  bool once_more = false;   ///< Asked for again meanwhile.
};

class WorkerPool {
 public:
  /// The first forks of `wanted` workers are due at once. Both references outlive the pool.
  WorkerPool(const PrimaryParts& primary, const os::ServiceManager& service_manager,
             std::uint32_t wanted);

  // ── verbs of the primary's loop ──
  /// Lets the others follow, once a worker is ready.
  void fill();
  /// Why not, in one sentence; nothing when it is under way.
  std::optional<std::string> scale(std::uint32_t wanted);
  /// A reload that is asked for during another one begins after it.
  void reload();
  /// Takes the reload as far as it can go at the moment.
  void roll();
  /// After a reap: the number is forked anew, at once or later, or retired.
  void plan_next_fork(WorkerHandle& worker, std::uint64_t now_ns);
  /// With nobody at work, clients wait for whoever is back first: that one never waits for long.
  void shorten_backoff_if_nobody_serves(std::uint64_t now_ns);
  /// A process that is no worker has ended. If it was the keeper of one, that one is replaced.
  void keeper_ended(pid_t pid);
  /// All of them, and for good. Nothing is forked or rolled any more.
  void drain(std::uint64_t now_ns);

  // ── what it is ──
  // By number; some may be unused since the server shrank.
  auto begin() { return workers_.begin(); }
  auto end() { return workers_.end(); }
  auto begin() const { return workers_.begin(); }
  auto end() const { return workers_.end(); }
  WorkerHandle& in_slot(std::uint32_t slot) { return workers_[slot]; }
  /// Null if nobody has ever held this number.
  WorkerHandle* find(std::uint32_t number);
  std::uint32_t wanted() const { return wanted_; }
  bool reloading() const { return reload_.has_value(); }
  /// It is there for the time of the reload that is under way.
  bool is_extra(const WorkerHandle& worker) const;
  /// Every wanted worker serves, and the extra one if there is one.
  bool all_ready() const;
  bool has_processes() const;
  /// Why a start has to end, and with which exit code: no worker has ever been ready, and the
  /// latest attempt has said that none ever will, or the settings' patience is at its end.
  std::optional<BootFailure> why_nothing_boots(std::uint64_t now_ns);

 private:
  std::uint32_t max_workers() const { return primary_.segment.header().slot_count; }
  WorkerHandle& handle(std::uint32_t number);
  void fork_missing();
  bool somebody_serves() const;  ///< Or is about to.
  bool is_wanted(const WorkerHandle& worker) const;
  bool extra_worker_is_ready();
  void end_reload(const std::string& why_early);
  void hand_over(WorkerHandle& worker);

  const PrimaryParts& primary_;
  const os::ServiceManager& service_manager_;
  std::vector<WorkerHandle> workers_;
  std::uint32_t wanted_;
  bool filled_ = false;              ///< All may be forked.
  os::Deadline boot_patience_ends_;  ///< Never: nothing has gone wrong so far.
  std::optional<RollingReload> reload_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace forkscope::supervisor
