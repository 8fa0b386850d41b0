// One numbered place for a worker, and whoever holds it at the moment.
//
//   forked ─▶ ready ─▶ (idle ⇄ busy) ─▶ draining ─▶ exited ─▶ [backoff] ─▶ forked
//                                │ busy too long
//                                ▼
//                              hung ─┬─▶ aborting (SIGABRT) ─▶ killed (SIGKILL) ─▶ exited
//                                    └─▶ recovered ─▶ idle
//
// The primary moves every arrow, and each one is an event. Owns the child and its voice;
// the primary's loop calls the verbs. Every function that takes `now_ns` reads no clock.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/port_group.h"
#include "child/child.h"
#include "forkscope/telemetry/process_stat.h"
#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "os/child_process.h"
#include "os/deadline.h"
#include "os/descriptor_passing.h"
#include "os/epoll.h"
#include "os/event_fd.h"
#include "os/unique_fd.h"
#include "protection/custody.h"
#include "supervisor/dealer.h"
#include "supervisor/event_log.h"
#include "supervisor/hang_kind.h"
#include "supervisor/hang_watch.h"
#include "supervisor/hearing.h"
#include "supervisor/restart_policy.h"
#include "supervisor/settings.h"

namespace forkscope::supervisor {

/// What the handles need of the primary. Owned by the supervisor, which outlives them.
struct PrimaryParts {
  const Settings& settings;
  const child::Child& child;  ///< What is forked.
  const telemetry::Segment& segment;
  const telemetry::SegmentView& view;
  EventLog& events;
  Dealer& dealer;
  os::Epoll& loop;  ///< Watches voices and custodies; told before one is closed.
  int listening_socket;
  const std::vector<int>& queues;        ///< By slot, or none (child::Inheritance).
  const std::vector<os::EventFd>& wake;  ///< One per slot.
  /// What the worker that was ready last has left for the next ones. From the first one on there is
  /// always something, if such a worker leaves anything at all.
  std::vector<os::UniqueFd>& heirlooms;
  /// A worker asks for the policy of that name (any bytes).
  std::function<void(const WorkerProcess&, std::string_view)> hear_balance;
};

/// Why a process could not boot.
struct BootFailure {
  std::string reason;
  int exit_code = 0;  ///< child::kExitCannotBoot or child::kExitCannotBootYet.
};

class WorkerHandle {
 public:
  WorkerHandle(const PrimaryParts& primary, std::uint32_t number);

  // ── verbs of the primary's loop ──
  /// The first fork is due at once.
  void plan_first_fork() { fork_due_ = os::Deadline::at(0); }
  /// What the primary's loop watches for it, as these tokens.
  struct Tokens {
    std::uint64_t voice = 0;
    std::uint64_t protection = 0;
  };
  /// If the system can't now, the reason is in the log, and the fork is due again in a while.
  /// `what_for` is told to people, where it is not to serve for good.
  void fork(std::uint64_t now_ns, const Tokens& tokens, std::string_view what_for);
  /// The voice has something to say.
  void hear_voice(std::uint64_t now_ns);
  /// The worker or its keeper has something to say about connections.
  void hear_protection(std::uint64_t now_ns);
  /// Connections are to outlive their worker from now on, or not.
  void protect(bool on);
  /// That process has ended: true if it was the worker's keeper.
  bool keeper_ended(pid_t pid);
  /// A signal has stopped or continued the child.
  void follow_job_control(std::uint64_t now_ns);
  /// Detects a hang, escalates one, kills what does not boot or drain in time. Returns when to be
  /// called next at the latest.
  os::Deadline watch(std::uint64_t now_ns);
  /// Takes the exit of the child, if it has ended, and settles its slot. True if it had.
  bool reap(std::uint64_t now_ns);
  /// After a reap: the next fork is due at once or, with an event that says so, later, but not
  /// later than after `longest_delay`.
  void plan_restart(std::uint64_t now_ns, double jitter, std::chrono::nanoseconds longest_delay);
  /// Cuts a longer wait for the next fork.
  void restart_within(std::chrono::nanoseconds delay, std::uint64_t now_ns);
  /// Asks the worker to finish what it has and go; killed at `deadline`. With `hand_over` its
  /// peers stay, and it leaves its clients a moment to move on to them (child/child.h).
  void drain(std::uint64_t now_ns, os::Deadline deadline, bool hand_over);
  /// The number is not needed any more: no fork is due, and viewers see an unused slot. Only while
  /// there is no process.
  void retire(std::uint64_t now_ns);
  void kill(std::string_view why);
  /// On somebody's request. False if there is no process.
  bool send_signal(int signal);
  /// What is in the queue that is this number's alone, and whether all workers may take from it.
  void tell_queue(balancing::PortGroup::Queue queue, bool is_open);
  /// The primary itself did not run until now: nothing that was due counts.
  void rearm(std::uint64_t now_ns);

  // ── what it is ──
  std::uint32_t number() const { return number_; }
  bool has_process() const { return process_ || exit_status_; }
  /// Its keeper has nothing to do any more, and has not been reaped.
  bool keeper_ends() const { return ending_keeper_ != 0; }
  bool is_process(pid_t pid) const { return process_ && process_.pid() == pid; }
  bool was_ever_ready() const { return ever_ready_; }
  /// Serves, and neither hangs nor drains.
  bool is_ready() const {
    return roster_.state == static_cast<std::uint64_t>(telemetry::RosterState::ready);
  }
  bool is_booting() const {
    return roster_.state == static_cast<std::uint64_t>(telemetry::RosterState::starting);
  }
  /// Where connections can be dealt to; nothing while it does not serve.
  std::optional<Dealer::Receiver> receiver() {
    if (!is_ready() || !process_ || ends_ || !custody_) return std::nullopt;
    return Dealer::Receiver{self(), &*custody_};
  }
  /// Its queue takes part in policies that need one: since it has served, and until it is asked to
  /// go.
  bool takes_part() const { return takes_part_; }
  /// Serves, and its connections would die with it.
  bool serves_unprotected() const { return is_ready() && !is_kept(); }
  /// Of the current process, or else of the latest: it has served.
  bool was_ready() const { return roster_.ready_ns != 0; }
  /// Of the current process, or else of the latest: it was told to drain.
  bool was_asked_to_go() const { return asked_to_go_; }
  std::uint32_t generation() const { return roster_.generation; }
  /// Of the latest exit: code 0, or it could not boot, or somebody else has killed it. A program
  /// that leaves SIGTERM to the kernel has ended as it was asked to.
  bool ended_cleanly() const {
    if (was_sigkilled()) return !had_to_be_killed_;
    if (roster_.exit_cause == static_cast<std::uint32_t>(telemetry::ExitCause::signaled)) {
      return runs_program() && asked_to_go_ && roster_.exit_code == SIGTERM;
    }
    return roster_.exit_cause == static_cast<std::uint32_t>(telemetry::ExitCause::exited) &&
           (roster_.exit_code == 0 || !was_ready());
  }
  /// When the next fork is due; never while there is a process or none is planned.
  os::Deadline fork_due() const { return fork_due_; }
  /// Why no process has been able to boot since the last one that was ready, if the latest has said
  /// so.
  const std::optional<BootFailure>& boot_failure() const { return boot_failure_; }

 private:
  static constexpr std::chrono::seconds kAbortGrace{1};  // SIGABRT to SIGKILL
  /// A core dump takes as long as the worker's memory is large; on a disk that is stuck, for ever.
  static constexpr std::chrono::seconds kEndingLimit{60};

  bool runs_program() const { return !primary_.child.command.empty(); }
  telemetry::ProcessStat look() const;
  bool was_sigkilled() const;
  Death latest_death() const;
  void wait_for_restart(std::chrono::nanoseconds delay, std::uint64_t now_ns);
  void postpone_fork(std::uint64_t now_ns, const std::string& why);
  bool send(int signal);
  void publish(telemetry::RosterState state, std::uint64_t now_ns);
  WorkerProcess self() const { return {number_, roster_.pid, roster_.generation}; }
  telemetry::EventRecord event(telemetry::EventKind kind) const { return event_of(kind, self()); }

  // ── what it says ──
  bool hear_message(std::uint64_t now_ns);
  void begin_to_serve(os::ReceivedMessage& ready, std::uint64_t now_ns);
  void stop_listening();
  void listen_again(std::uint64_t now_ns);
  void hear_the_rest(std::uint64_t now_ns);
  void close_voice();
  void wake_others() const;

  // ── what becomes of its connections: worker_protection.cpp ──
  void take_into_custody(std::uint64_t token);
  bool may_move() const { return primary_.settings.protect && !told_to_stop_; }
  bool is_kept() const { return custody_ && custody_->keeper() != 0; }
  void say_if_unprotected();
  void freeze(std::uint64_t now_ns);
  void deal_anew(std::uint64_t now_ns);
  void begin_to_end(bool by_crash, std::uint64_t now_ns);
  void hear_done(const protection::Custody::Done& done, std::uint64_t now_ns);
  os::Deadline watch_end(std::uint64_t now_ns);
  void begin_settling(std::uint64_t now_ns);
  bool is_settled(std::uint64_t now_ns);
  void end_custody(std::uint64_t now_ns);

  // ── what follows a hang: worker_hang.cpp ──
  os::Deadline watch_hang(std::uint64_t now_ns);
  void declare_hung(std::uint64_t stuck_since_ns, std::uint64_t now_ns);
  void declare_recovered(std::uint64_t now_ns);
  void follow_core();
  void abort_unless_held(std::uint64_t now_ns);
  bool is_held(const telemetry::ProcessStat& stat, std::uint64_t now_ns);
  bool is_ending(std::uint64_t now_ns);
  telemetry::Ending how_it_ends() const;
  void set_abort_due(os::Deadline due);
  void clear_hang();
  std::string what_it_does() const;

  const PrimaryParts& primary_;
  std::uint32_t number_;
  telemetry::RosterLane lane_;
  telemetry::RosterRecord roster_{};  ///< What viewers see of it.
  os::ChildProcess process_;
  std::optional<os::ExitStatus> exit_status_;  ///< Reaped, and its keeper is still at work.
  std::optional<protection::Custody> custody_;
  os::UniqueFd voice_;    ///< Our end of it.
  bool listens_ = false;  ///< The primary's loop watches it: not while it says too much.
  std::uint64_t voice_token_ = 0;
  Hearing hearing_;
  std::string why_it_cannot_serve_;
  std::optional<BootFailure> boot_failure_;
  HangWatch hang_watch_;
  HangSuspicion suspicion_;
  RestartPolicy restart_policy_;
  os::Deadline fork_due_;
  bool ever_ready_ = false;
  bool takes_part_ = false;
  bool asked_to_go_ = false;
  bool told_to_stop_ = false;  ///< With the whole server.
  bool missed_boot_deadline_ = false;
  bool had_to_be_killed_ = false;  ///< By us: it was sent SIGABRT or SIGKILL, not on request.

  // Of the current process.
  os::Deadline boot_deadline_;
  os::Deadline drain_deadline_;
  os::Deadline abort_due_;        ///< While hung; viewers see it on the roster.
  os::Deadline sigkill_due_;      ///< While aborting.
  os::Deadline ending_deadline_;  ///< Set once somebody has seen that the kernel ends it.
  std::optional<std::uint64_t> stopped_since_ns_;
  os::Deadline settle_deadline_;
  pid_t ending_keeper_ = 0;
  bool ends_ = false;              ///< It crashes or exits; the kernel may take its time.
  bool released_ = false;          ///< Its keeper holds nothing but connections.
  bool keeper_told_ = false;       ///< How many requests are lost.
  std::uint32_t lost_ = 0;         ///< That many.
  std::uint64_t handed_over_ = 0;  ///< Connections, since it was frozen.
};

}  // namespace forkscope::supervisor
