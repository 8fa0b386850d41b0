#include "supervisor/worker_handle.h"

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/process_stat.h"
#include "os/descriptor_passing.h"

namespace forkscope::supervisor {

using telemetry::EventKind;
using telemetry::RosterState;

namespace {

constexpr std::chrono::seconds kForkRetry{1};
constexpr int kMostPerRound = 64;  // messages of one worker, in one round of the primary's loop

/// Of a call that has just failed.
std::string os_error(const char* call) { return std::string(call) + ": " + std::strerror(errno); }

}  // namespace

WorkerHandle::WorkerHandle(const PrimaryParts& primary, std::uint32_t number)
    : primary_(primary),
      number_(number),
      lane_(primary.segment.roster(number - 1)),
      hearing_(primary.events, primary.view, number - 1),
      hang_watch_(primary.settings.hang_after) {}

void WorkerHandle::fork(std::uint64_t now_ns, const Tokens& tokens, std::string_view what_for) {
  assert(!has_process() && "one process at a time");
  int ends[2];
  // Of messages, which also carry descriptors.
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return postpone_fork(now_ns, os_error("socketpair"));
  }
  os::UniqueFd own_end(ends[0]);
  os::UniqueFd child_end(ends[1]);
  // The loop watches our end before there is a child, so that none is forked that nobody would
  // hear. As long as there is no child, closing our end ends its events, too.
  if (!primary_.loop.try_add(own_end.get(), EPOLLIN, tokens.voice)) {
    return postpone_fork(now_ns, os_error("epoll_ctl"));
  }
  try {
    take_into_custody(tokens.protection);
  } catch (const std::system_error& error) {
    custody_.reset();
    return postpone_fork(now_ns, error.what());
  }

  std::vector<int> keep = {primary_.listening_socket, child_end.get()};
  for (const os::EventFd& wake : primary_.wake) keep.push_back(wake.fd());
  keep.insert(keep.end(), primary_.queues.begin(), primary_.queues.end());
  std::vector<int> heirlooms;
  for (const os::UniqueFd& heirloom : primary_.heirlooms) heirlooms.push_back(heirloom.get());
  keep.insert(keep.end(), heirlooms.begin(), heirlooms.end());
  keep.insert(keep.end(), primary_.child.descriptors.begin(), primary_.child.descriptors.end());
  if (custody_) {
    for (const int fd : custody_->for_child()) keep.push_back(fd);
  }
  const pid_t primary = ::getpid();
  auto child = os::ChildProcess::fork(
      keep,
      [&] {
        const std::uint32_t slot = number_ - 1;
        primary_.segment.confine_to_slot(slot);
        std::optional<protection::Inheritance> protection;
        if (custody_) protection.emplace(custody_->in_child(primary, number_));
        telemetry::SlotWriter writer = primary_.segment.slot(slot);
        writer.start_generation(roster_.generation + 1, now_ns);
        child::Voice voice(child_end.get(), writer);
        return primary_.child.run({slot, primary_.view, writer, primary_.listening_socket,
                                   primary_.wake, voice, heirlooms,
                                   protection ? &*protection : nullptr, primary_.queues});
      },
      runs_program() ? os::ProcessGroup::own : os::ProcessGroup::shared);
  if (!child) {
    const std::string why = os_error("fork");
    end_custody(now_ns);
    return postpone_fork(now_ns, why);
  }
  process_ = std::move(*child);
  if (custody_) custody_->forked();

  voice_ = std::move(own_end);
  voice_token_ = tokens.voice;
  listens_ = true;
  why_it_cannot_serve_.clear();
  fork_due_ = {};
  asked_to_go_ = missed_boot_deadline_ = had_to_be_killed_ = false;
  hang_watch_ = HangWatch(primary_.settings.hang_after);
  hang_watch_.rearm(now_ns);
  boot_deadline_ = os::Deadline::after(now_ns, primary_.settings.boot_timeout);
  drain_deadline_ = abort_due_ = sigkill_due_ = ending_deadline_ = settle_deadline_ = {};
  told_to_stop_ = ends_ = released_ = keeper_told_ = false;
  lost_ = 0;
  stopped_since_ns_.reset();
  suspicion_.drop();

  ++roster_.generation;
  if (roster_.generation > 1) ++roster_.respawns;
  roster_.pid = static_cast<std::uint32_t>(process_.pid());
  roster_.start_ticks = telemetry::process_start_ticks(roster_.pid);
  roster_.forked_ns = now_ns;
  roster_.ready_ns = roster_.respawn_due_ns = 0;
  hearing_.begin(self());
  publish(RosterState::starting, now_ns);
  primary_.events.record(event(EventKind::fork), what_for);
}

void WorkerHandle::postpone_fork(std::uint64_t now_ns, const std::string& why) {
  fork_due_ = os::Deadline::after(now_ns, kForkRetry);
  primary_.events.note("worker " + std::to_string(number_) + " cannot be forked: " + why);
}

void WorkerHandle::hear_voice(std::uint64_t now_ns) {
  for (int i = 0; i < kMostPerRound && listens_; ++i) {
    if (!hearing_.may_listen(now_ns)) return stop_listening();
    if (!hear_message(now_ns)) return;
  }
}

/// False: there is no more.
bool WorkerHandle::hear_message(std::uint64_t now_ns) {
  char message[child::kMaxMessage];
  auto received = os::receive_with_descriptors(voice_.get(), message);
  if (received.bytes < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (received.bytes <= 0) {
    close_voice();
    return false;
  }
  const auto mark = static_cast<child::Mark>(message[0]);
  const std::string_view text(message + 1, static_cast<std::size_t>(received.bytes) - 1);
  const bool boots = roster_.ready_ns == 0;
  if (boots && mark == child::Mark::ready) {
    begin_to_serve(received, now_ns);
  } else if (boots && mark == child::Mark::cannot_serve) {
    why_it_cannot_serve_ = text;
  } else {
    hearing_.hear(mark, text, now_ns);
    if (mark == child::Mark::balance) primary_.hear_balance(self(), text);
  }
  return true;
}

void WorkerHandle::begin_to_serve(os::ReceivedMessage& ready, std::uint64_t now_ns) {
  boot_deadline_ = {};
  if (ready.lost_descriptors) {
    kill("the primary has no room for its descriptors");
    return;
  }
  boot_failure_.reset();
  if (!ready.descriptors.empty()) primary_.heirlooms = std::move(ready.descriptors);
  ever_ready_ = true;
  takes_part_ = !asked_to_go_;
  roster_.ready_ns = now_ns;
  publish(drain_deadline_.is_set() ? RosterState::draining : RosterState::ready, now_ns);
  auto serves = event(EventKind::listening);
  serves.since_ns = roster_.forked_ns;
  serves.duration_ns = now_ns - roster_.forked_ns;
  primary_.events.record(serves);
  say_if_unprotected();
}

void WorkerHandle::follow_job_control(std::uint64_t now_ns) {
  while (const auto change = process_.job_change()) {
    const bool stopped = *change == os::JobChange::stopped;
    if (stopped == stopped_since_ns_.has_value()) continue;
    stopped_since_ns_ = stopped ? std::optional(now_ns) : std::nullopt;
    // The stop itself does not count, unless it came on top of a hang of another kind.
    const bool was_stop =
        roster_.hang_kind == static_cast<std::uint64_t>(telemetry::HangKind::stopped);
    if (!stopped && (roster_.stuck_since_ns == 0 || was_stop)) hang_watch_.rearm(now_ns);
    primary_.events.record(event(stopped ? EventKind::stopped : EventKind::continued));
    if (runs_program()) process_.signal(stopped ? SIGSTOP : SIGCONT);  // the program as well
  }
}

os::Deadline WorkerHandle::watch(std::uint64_t now_ns) {
  if (has_process()) {
    hearing_.watch(now_ns);
    if (voice_ && !listens_) listen_again(now_ns);
  }
  if (exit_status_) return settle_deadline_;
  if (!process_) return {};
  if (boot_deadline_.has_passed(now_ns)) {
    if (is_ending(now_ns)) {
      boot_deadline_ = os::Deadline::after(now_ns, kAbortGrace);
    } else {
      boot_deadline_ = {};
      missed_boot_deadline_ = true;
      kill("not ready within the boot timeout");
    }
  }
  if (drain_deadline_.has_passed(now_ns)) {
    if (is_ending(now_ns)) {
      drain_deadline_ = os::Deadline::after(now_ns, kAbortGrace);
    } else {
      drain_deadline_ = {};
      kill("not drained within the drain timeout");
    }
  }
  os::Deadline next = earlier(boot_deadline_, drain_deadline_);
  if (ends_) next = earlier(next, watch_end(now_ns));
  return roster_.ready_ns == 0 ? next : earlier(next, watch_hang(now_ns));
}

void WorkerHandle::kill(std::string_view why) {
  if (!process_ || !send(SIGKILL)) return;
  had_to_be_killed_ = true;
  primary_.events.record(event(EventKind::kill), why);
}

bool WorkerHandle::send_signal(int signal) {
  if (!process_ || !send(signal)) return false;
  auto sent = event(EventKind::signal);
  sent.exit_code = static_cast<std::uint32_t>(signal);
  primary_.events.record(sent);
  return true;
}

/// False, with the reason in the log, when the system does not send it.
bool WorkerHandle::send(int signal) {
  if (process_.signal(signal)) return true;
  const int error = errno;
  primary_.events.note("worker " + std::to_string(number_) + ", pid " +
                       std::to_string(roster_.pid) + ": " +
                       telemetry::signal_name(static_cast<std::uint32_t>(signal)) +
                       " cannot be sent: kill: " + std::strerror(error));
  return false;
}

bool WorkerHandle::reap(std::uint64_t now_ns) {
  if (!exit_status_) {
    exit_status_ = process_.reap();
    if (!exit_status_) return false;
    begin_settling(now_ns);
  }
  if (!is_settled(now_ns)) return false;
  const auto status = std::exchange(exit_status_, std::nullopt);
  hear_the_rest(now_ns);
  const bool has_said_why =
      status->code == child::kExitCannotBoot || status->code == child::kExitCannotBootYet;
  if (!status->signaled && has_said_why && roster_.ready_ns == 0) {
    boot_failure_ = {why_it_cannot_serve_, status->code};
  }

  const bool was_hung = roster_.stuck_since_ns != 0;
  const std::uint32_t abandoned =
      primary_.segment.slot(number_ - 1)
          .settle_after_exit(keeper_told_ ? std::optional(lost_) : std::nullopt);
  auto ended = event(EventKind::exit);
  ended.since_ns = roster_.forked_ns;
  ended.duration_ns = now_ns - roster_.forked_ns;
  ended.exit_cause = static_cast<std::uint32_t>(status->signaled ? telemetry::ExitCause::signaled
                                                                 : telemetry::ExitCause::exited);
  ended.exit_code = static_cast<std::uint32_t>(status->code);
  ended.exit_flags = (was_hung ? telemetry::kExitWasHung : 0) |
                     (status->core_dumped ? telemetry::kExitCoreDumped : 0);
  ended.abandoned = abandoned;

  roster_.exit_cause = ended.exit_cause;
  roster_.exit_code = ended.exit_code;
  roster_.exit_flags = ended.exit_flags;
  roster_.abandoned_last = abandoned;
  roster_.exit_ns = now_ns;
  clear_hang();
  publish(RosterState::dead, now_ns);
  primary_.events.record(ended, boot_failure_ ? boot_failure_->reason : "");
  end_custody(now_ns);
  wake_others();
  return true;
}

bool WorkerHandle::was_sigkilled() const {
  return roster_.exit_cause == static_cast<std::uint32_t>(telemetry::ExitCause::signaled) &&
         roster_.exit_code == SIGKILL;
}

/// SIGKILL comes from outside: no program sends it to itself, and the primary sends it only to
/// workers that hang, do not boot in time, or do not go.
Death WorkerHandle::latest_death() const {
  const bool was_hung = (roster_.exit_flags & telemetry::kExitWasHung) != 0;
  if (!was_sigkilled() || was_hung || missed_boot_deadline_) return Death::own;
  return was_ready() ? Death::killed_while_serving : Death::killed_while_booting;
}

void WorkerHandle::plan_restart(std::uint64_t now_ns, double jitter,
                                std::chrono::nanoseconds longest_delay) {
  assert(!process_ && "after a reap");
  const std::chrono::nanoseconds delay = std::min(
      longest_delay,
      restart_policy_.delay_after_death(latest_death(), roster_.forked_ns, now_ns, jitter));
  fork_due_ = os::Deadline::at(now_ns);
  if (delay.count() != 0) wait_for_restart(delay, now_ns);
}

void WorkerHandle::restart_within(std::chrono::nanoseconds delay, std::uint64_t now_ns) {
  if (fork_due_.is_set() && fork_due_ > os::Deadline::after(now_ns, delay)) {
    wait_for_restart(delay, now_ns);
  }
}

void WorkerHandle::wait_for_restart(std::chrono::nanoseconds delay, std::uint64_t now_ns) {
  fork_due_ = os::Deadline::after(now_ns, delay);
  roster_.respawn_due_ns = fork_due_.ns();
  publish(RosterState::backoff, now_ns);
  auto waiting = event(EventKind::backoff);
  waiting.duration_ns = static_cast<std::uint64_t>(delay.count());
  primary_.events.record(waiting);
}

void WorkerHandle::drain(std::uint64_t now_ns, os::Deadline deadline, bool hand_over) {
  fork_due_ = {};
  takes_part_ = false;
  if (!process_) return;
  const bool drains_already = std::exchange(asked_to_go_, true);
  told_to_stop_ = told_to_stop_ || !hand_over;
  if (drains_already && hand_over) return;
  drain_deadline_ = earlier(drain_deadline_, deadline);
  if (hand_over && may_move()) {
    primary_.dealer.begin(self(), telemetry::MoveReason::drain, now_ns);
  }
  const bool told = send(hand_over ? child::kHandOverSignal : SIGTERM);
  process_.signal(SIGCONT);
  if (drains_already || !told) return;
  if (roster_.stuck_since_ns == 0) publish(RosterState::draining, now_ns);
  primary_.events.record(event(EventKind::disconnect));
}

void WorkerHandle::retire(std::uint64_t now_ns) {
  assert(!process_ && "a process would go on unseen");
  fork_due_ = {};
  takes_part_ = false;
  roster_.respawn_due_ns = 0;
  publish(RosterState::unused, now_ns);
}

void WorkerHandle::tell_queue(balancing::PortGroup::Queue queue, bool is_open) {
  const std::uint32_t open = is_open ? 1 : 0;
  if (roster_.queue_length == queue.length && roster_.queue_limit == queue.limit &&
      roster_.queue_open == open) {
    return;
  }
  roster_.queue_length = queue.length;
  roster_.queue_limit = queue.limit;
  roster_.queue_open = open;
  lane_.write(roster_);
}

void WorkerHandle::rearm(std::uint64_t now_ns) {
  const Settings& settings = primary_.settings;
  const auto shifted = [&](os::Deadline due, std::chrono::nanoseconds grace) {
    return due.is_set() ? std::max(due, os::Deadline::after(now_ns, grace)) : due;
  };
  boot_deadline_ = shifted(boot_deadline_, settings.boot_timeout);
  drain_deadline_ = shifted(drain_deadline_, settings.drain_timeout);
  sigkill_due_ = shifted(sigkill_due_, kAbortGrace);
  if (roster_.stuck_since_ns != 0) {  // hung it stays
    set_abort_due(shifted(abort_due_, settings.hang_after));
    lane_.write(roster_);
    return;
  }
  hang_watch_.rearm(now_ns);
  if (stopped_since_ns_) stopped_since_ns_ = now_ns;
  suspicion_.drop();
}

/// The loop is told before the pipe is closed: a worker that has just been forked may still hold a
/// copy of the descriptor, and epoll watches what is open, not who opened it (epoll(7)).
void WorkerHandle::close_voice() {
  if (!voice_) return;
  stop_listening();
  voice_.reset();
}

/// It says too much: what comes is left where it is, and then it loses what it says.
void WorkerHandle::stop_listening() {
  if (std::exchange(listens_, false)) primary_.loop.remove(voice_.get());
}

void WorkerHandle::listen_again(std::uint64_t now_ns) {
  listens_ =
      hearing_.may_listen(now_ns) && primary_.loop.try_add(voice_.get(), EPOLLIN, voice_token_);
}

/// Of a process that has ended.
void WorkerHandle::hear_the_rest(std::uint64_t now_ns) {
  for (std::uint32_t i = 0; i < Hearing::kMostPerSecond && voice_; ++i) {
    if (!hear_message(now_ns)) break;
  }
  close_voice();
  hearing_.end(now_ns);
}

void WorkerHandle::publish(RosterState state, std::uint64_t now_ns) {
  roster_.state = static_cast<std::uint64_t>(state);
  roster_.state_since_ns = now_ns;
  lane_.write(roster_);
}

/// This worker may have been woken for a connection that it will never accept: another one has to.
void WorkerHandle::wake_others() const {
  for (std::uint32_t slot = 0; slot < primary_.wake.size(); ++slot) {
    if (slot != number_ - 1) primary_.wake[slot].signal();
  }
}

}  // namespace forkscope::supervisor
