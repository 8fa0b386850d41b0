// What the primary does about a worker that hangs: declares it, follows it, aborts it, kills it, or
// takes it back. The rest of a worker's life is in worker_handle.cpp.
#include <algorithm>
#include <csignal>
#include <string>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/process_stat.h"
#include "forkscope/telemetry/process_tree.h"
#include "supervisor/worker_handle.h"

namespace forkscope::supervisor {

using telemetry::EventKind;
using telemetry::RosterState;

os::Deadline WorkerHandle::watch_hang(std::uint64_t now_ns) {
  const auto verdict =
      hang_watch_.check(primary_.view.progress(number_ - 1), stopped_since_ns_, now_ns);
  switch (static_cast<RosterState>(roster_.state)) {
    case RosterState::hung:
      if (!verdict.hung) {
        declare_recovered(now_ns);
        return verdict.check_at;
      }
      follow_core();
      if (abort_due_.has_passed(now_ns)) abort_unless_held(now_ns);
      return sigkill_due_.is_set() ? sigkill_due_ : abort_due_;
    case RosterState::aborting:
      if (!sigkill_due_.has_passed(now_ns)) return sigkill_due_;
      if (is_ending(now_ns)) return sigkill_due_ = os::Deadline::after(now_ns, kAbortGrace);
      sigkill_due_ = {};
      kill("still there after SIGABRT");
      return {};
    default:
      if (!verdict.stuck) {
        suspicion_.drop();
        return verdict.check_at;
      }
      if (!suspicion_.is_raised()) suspicion_.raise(look(), now_ns);
      if (is_ending(now_ns)) {  // it has crashed, and does not say so: nobody waits for its core
        hang_watch_.rearm(now_ns);
        return verdict.check_at;
      }
      if (!verdict.hung) return verdict.check_at;
      declare_hung(verdict.stuck_since_ns, now_ns);
      return abort_due_;
  }
}

void WorkerHandle::declare_hung(std::uint64_t stuck_since_ns, std::uint64_t now_ns) {
  const auto stat = look();
  if (is_held(stat, now_ns)) {
    hang_watch_.rearm(now_ns);
    return;
  }
  const auto kind = suspicion_.kind(stat, now_ns);
  const auto& kill_after = primary_.settings.kill_after;
  roster_.stuck_since_ns = stuck_since_ns;
  roster_.hang_kind = static_cast<std::uint64_t>(kind);
  set_abort_due(kill_after ? std::max(os::Deadline::at(now_ns),
                                      os::Deadline::after(stuck_since_ns, *kill_after))
                           : os::Deadline::never());
  roster_.hung_core = stat.core;
  roster_.hung_core_known = 1;
  ++roster_.hangs;
  publish(RosterState::hung, now_ns);

  auto hung = event(EventKind::hung);
  hung.since_ns = stuck_since_ns;
  hung.duration_ns = now_ns - stuck_since_ns;
  hung.hang_kind = static_cast<std::uint16_t>(kind);
  primary_.events.record(hung, what_it_does());
  freeze(now_ns);
  wake_others();
}

void WorkerHandle::declare_recovered(std::uint64_t now_ns) {
  auto recovered = event(EventKind::recovered);
  recovered.since_ns = roster_.stuck_since_ns;
  recovered.duration_ns = now_ns - roster_.stuck_since_ns;
  clear_hang();
  publish(drain_deadline_.is_set() ? RosterState::draining : RosterState::ready, now_ns);
  primary_.events.record(recovered);
}

/// What the worker does is what its program does, where it runs one.
telemetry::ProcessStat WorkerHandle::look() const {
  if (!runs_program()) return telemetry::process_stat(roster_.pid);
  return telemetry::tree_stat(telemetry::process_tree(roster_.pid));
}

/// A hung worker does not tell any more which core it is on, and the kernel may move one that
/// spins.
void WorkerHandle::follow_core() {
  const std::uint32_t core = look().core;
  if (core == roster_.hung_core) return;
  roster_.hung_core = core;
  lane_.write(roster_);
}

void WorkerHandle::abort_unless_held(std::uint64_t now_ns) {
  if (is_held(look(), now_ns) || !send(SIGABRT)) {
    set_abort_due(os::Deadline::after(now_ns, primary_.settings.hang_after));
    lane_.write(roster_);
    return;
  }
  had_to_be_killed_ = true;
  process_.signal(SIGCONT);  // a stopped process takes no other signal but SIGKILL
  sigkill_due_ = os::Deadline::after(now_ns, kAbortGrace);
  publish(RosterState::aborting, now_ns);
  primary_.events.record(event(EventKind::abort));
}

/// Whether the worker stands still for a reason that is not its own: a debugger holds it (proc(5)),
/// or it has crashed, and the kernel is ending it.
bool WorkerHandle::is_held(const telemetry::ProcessStat& stat, std::uint64_t now_ns) {
  return stat.state == 't' || is_ending(now_ns);
}

/// Whether the kernel is ending the worker, after a crash or an exit: SIGKILL would then cut a core
/// dump short. False once the kernel has had kEndingLimit for it.
bool WorkerHandle::is_ending(std::uint64_t now_ns) {
  const telemetry::Ending ending = how_it_ends();
  if (ending == telemetry::Ending::none) return false;
  if (!ending_deadline_.is_set()) {
    ending_deadline_ = os::Deadline::after(now_ns, kEndingLimit);
    if (ending == telemetry::Ending::dumps_core) {
      primary_.events.note("worker " + std::to_string(number_) + " dumps core, pid " +
                           std::to_string(roster_.pid) + ": it has " +
                           std::to_string(kEndingLimit.count()) + " s for it");
    }
    // A handler of its own has kept it from saying that it crashes, or it exits.
    begin_to_end(ending == telemetry::Ending::dumps_core, now_ns);
    wake_others();
  }
  return !ending_deadline_.has_passed(now_ns);
}

/// A program that dumps core is ending, and its worker waits for it.
telemetry::Ending WorkerHandle::how_it_ends() const {
  const telemetry::Ending own = telemetry::process_ending(roster_.pid);
  if (own != telemetry::Ending::none || !runs_program()) return own;
  for (const telemetry::TreeProcess& process : telemetry::process_tree(roster_.pid)) {
    const telemetry::Ending ending = telemetry::process_ending(process.pid);
    if (ending == telemetry::Ending::dumps_core) return ending;
  }
  return own;
}

void WorkerHandle::set_abort_due(os::Deadline due) {
  abort_due_ = due;
  roster_.kill_at_ns = due.ns_or_zero();
}

void WorkerHandle::clear_hang() {
  roster_.stuck_since_ns = roster_.hang_kind = 0;
  roster_.hung_core = roster_.hung_core_known = 0;
  set_abort_due(os::Deadline::never());
  sigkill_due_ = {};
  suspicion_.drop();
}

/// For people: the request whose handler runs or, while none does, the phase of the loop. A commit,
/// say, is made for many requests, and none of them is to blame.
std::string WorkerHandle::what_it_does() const {
  const auto phase = static_cast<telemetry::Phase>(primary_.view.progress(number_ - 1).phase);
  const auto request = primary_.view.in_flight(number_ - 1);
  if (phase != telemetry::Phase::handling || !request) return std::string(to_string(phase));
  return std::string(telemetry::to_string(request->method)) + " " + request->path;
}

}  // namespace forkscope::supervisor
