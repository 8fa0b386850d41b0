// What the primary does about a worker that hangs: declares it, follows it, aborts it, kills it, or
// takes it back. The rest of a worker's life is in worker_handle.cpp.
#include <algorithm>
#include <csignal>
#include <string>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/process_stat.h"
#include "supervisor/worker_handle.h"

namespace forkscope::supervisor {

using telemetry::EventKind;
using telemetry::RosterState;

std::uint64_t WorkerHandle::watch_hang(std::uint64_t now_ns) {
  const auto verdict =
      hang_watch_.check(primary_.view.progress(number_ - 1), stopped_since_ns_, now_ns);
  switch (static_cast<RosterState>(roster_.state)) {
    case RosterState::hung:
      if (!verdict.hung) {
        declare_recovered(now_ns);
        return verdict.check_at_ns;
      }
      follow_core();
      if (roster_.kill_at_ns != 0 && now_ns >= roster_.kill_at_ns) abort_unless_held(now_ns);
      return sigkill_due_ns_ != 0 ? sigkill_due_ns_ : roster_.kill_at_ns;
    case RosterState::aborting:
      if (sigkill_due_ns_ == 0 || now_ns < sigkill_due_ns_) return sigkill_due_ns_;
      if (is_ending(now_ns)) return sigkill_due_ns_ = now_ns + kAbortGraceNs;
      sigkill_due_ns_ = 0;
      kill("still there after SIGABRT");
      return 0;
    default:
      if (!verdict.stuck) {
        suspicion_.drop();
        return verdict.check_at_ns;
      }
      if (!suspicion_.is_raised()) suspicion_.raise(telemetry::process_stat(roster_.pid), now_ns);
      if (!verdict.hung) return verdict.check_at_ns;
      declare_hung(verdict.stuck_since_ns, now_ns);
      return roster_.kill_at_ns;
  }
}

void WorkerHandle::declare_hung(std::uint64_t stuck_since_ns, std::uint64_t now_ns) {
  const auto stat = telemetry::process_stat(roster_.pid);
  if (is_held(stat, now_ns)) {
    hang_watch_.rearm(now_ns);
    return;
  }
  const auto kind = suspicion_.kind(stat, now_ns);
  const std::uint64_t kill_after_ns = primary_.settings.kill_after_ns;
  roster_.stuck_since_ns = stuck_since_ns;
  roster_.hang_kind = static_cast<std::uint64_t>(kind);
  roster_.kill_at_ns = kill_after_ns == 0 ? 0 : std::max(now_ns, stuck_since_ns + kill_after_ns);
  roster_.hung_core = stat.core;
  roster_.hung_core_known = 1;
  ++roster_.hangs;
  publish(RosterState::hung, now_ns);

  auto hung = event(EventKind::hung);
  hung.since_ns = stuck_since_ns;
  hung.duration_ns = now_ns - stuck_since_ns;
  hung.hang_kind = static_cast<std::uint16_t>(kind);
  primary_.events.record(hung, what_it_does());
  wake_others();
}

void WorkerHandle::declare_recovered(std::uint64_t now_ns) {
  auto recovered = event(EventKind::recovered);
  recovered.since_ns = roster_.stuck_since_ns;
  recovered.duration_ns = now_ns - roster_.stuck_since_ns;
  clear_hang();
  publish(drain_deadline_ns_ != 0 ? RosterState::draining : RosterState::ready, now_ns);
  primary_.events.record(recovered);
}

/// It does not tell by itself any more, and the kernel may move one that spins.
void WorkerHandle::follow_core() {
  const std::uint32_t core = telemetry::process_stat(roster_.pid).core;
  if (core == roster_.hung_core) return;
  roster_.hung_core = core;
  lane_.write(roster_);
}

void WorkerHandle::abort_unless_held(std::uint64_t now_ns) {
  if (is_held(telemetry::process_stat(roster_.pid), now_ns) || !send(SIGABRT)) {
    roster_.kill_at_ns = now_ns + primary_.settings.hang_after_ns;
    lane_.write(roster_);
    return;
  }
  had_to_be_killed_ = true;
  process_.signal(SIGCONT);  // a stopped process takes no other signal but SIGKILL
  sigkill_due_ns_ = now_ns + kAbortGraceNs;
  publish(RosterState::aborting, now_ns);
  primary_.events.record(event(EventKind::abort));
}

/// It stands still, which is not its fault: a debugger holds it (proc(5)), or it has crashed
/// already.
bool WorkerHandle::is_held(const telemetry::ProcessStat& stat, std::uint64_t now_ns) {
  return stat.state == 't' || is_ending(now_ns);
}

/// It has crashed, or exits, and the kernel is at it: SIGKILL would cut a core dump short. False
/// once the limit has passed.
bool WorkerHandle::is_ending(std::uint64_t now_ns) {
  const telemetry::Ending ending = telemetry::process_ending(roster_.pid);
  if (ending == telemetry::Ending::none) return false;
  if (ending_since_ns_ == 0) {
    ending_since_ns_ = now_ns;
    if (ending == telemetry::Ending::dumps_core) {
      primary_.events.note("worker " + std::to_string(number_) + " dumps core, pid " +
                           std::to_string(roster_.pid) + ": it has " +
                           std::to_string(kEndingLimitNs / 1'000'000'000) + " s for it");
    }
    wake_others();
  }
  return now_ns - ending_since_ns_ < kEndingLimitNs;
}

void WorkerHandle::clear_hang() {
  roster_.stuck_since_ns = roster_.kill_at_ns = roster_.hang_kind = 0;
  roster_.hung_core = roster_.hung_core_known = 0;
  sigkill_due_ns_ = 0;
  suspicion_.drop();
}

/// The request whose handler runs. Outside of handlers it is the phase: a commit, say, is for many
/// requests, and none of them is to blame.
std::string WorkerHandle::what_it_does() const {
  const auto phase = static_cast<telemetry::Phase>(primary_.view.progress(number_ - 1).phase);
  const auto request = primary_.view.in_flight(number_ - 1);
  if (phase != telemetry::Phase::handling || !request) return std::string(to_string(phase));
  return std::string(telemetry::to_string(request->method)) + " " + request->path;
}

}  // namespace forkscope::supervisor
