// What the primary does about the connections of a worker that hangs, dies or goes: has them handed
// over, and tells how many requests were lost. The rest of a worker's life is in worker_handle.cpp.
#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "supervisor/worker_handle.h"

namespace forkscope::supervisor {

using protection::Condition;
using telemetry::EventKind;
using telemetry::MoveReason;

namespace {

/// A keeper that takes longer for its whole work is stopped, or stuck.
constexpr std::chrono::seconds kKeeperPatience{1};
/// Between two looks at whether the kernel has begun to end a worker that has crashed.
constexpr std::chrono::milliseconds kLook{2};
/// Messages of one worker per round of the loop: others have their turn.
constexpr int kMostPerRound = 256;
/// Descriptors that an application may open beside what the child has announced.
constexpr std::uint64_t kSpareFiles = 64;

}  // namespace

/// Throws std::system_error where the system has no room for it.
void WorkerHandle::take_into_custody(std::uint64_t token) {
  const child::Child& child = primary_.child;
  if (child.max_connections == 0) return;
  custody_.emplace(static_cast<std::uint32_t>(child.max_connections + child.other_files +
                                              primary_.wake.size() + kSpareFiles));
  custody_->ledger().protects(primary_.settings.protect);
  for (const int socket : {custody_->worker_socket(), custody_->keeper_socket()}) {
    if (primary_.loop.try_add(socket, EPOLLIN, token)) continue;
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void WorkerHandle::protect(bool on) {
  if (custody_) custody_->ledger().protects(on);
}

void WorkerHandle::say_if_unprotected() {
  if (!custody_ || is_kept()) return;
  const std::string why = std::strerror(custody_->ledger().why_no_keeper());
  primary_.dealer.say_unprotected(self(), "its keeper cannot be made: clone: " + why);
}

/// The worker goes in order, its connections with it; its successor has a new keeper.
bool WorkerHandle::keeper_ended(pid_t pid) {
  if (pid == ending_keeper_) ending_keeper_ = 0;
  if (!custody_ || custody_->keeper() != pid) return false;
  custody_->keeper_ended();
  if (!process_) return true;
  primary_.events.record(event(EventKind::unprotected),
                         "its keeper has ended; another worker takes its place");
  if (custody_->is_asked(Condition::frozen)) custody_->ledger().release();
  return true;
}

void WorkerHandle::hear_protection(std::uint64_t now_ns) {
  for (int i = 0; i < kMostPerRound && custody_; ++i) {
    auto heard = custody_->hear();
    if (!heard) return;
    if (heard->connection) {
      ++handed_over_;
      primary_.dealer.add(self(), std::move(*heard->connection), now_ns);
    }
    if (heard->spoilt) ++lost_;
    if (heard->crashed) begin_to_end(/*by_crash=*/true, now_ns);
    if (heard->done) hear_done(*heard->done, now_ns);
  }
}

/// It hangs. What it does not touch goes on elsewhere; where it may touch anything, it is killed at
/// once, because that takes no longer than to find out.
void WorkerHandle::freeze(std::uint64_t now_ns) {
  if (!may_move() || !is_kept()) return;
  if (custody_->ledger().take()) {
    handed_over_ = 0;
    primary_.dealer.begin(self(), MoveReason::hang, now_ns);
    custody_->hand_over(Condition::frozen, /*may_move=*/true);
    deal_anew(now_ns);
  } else if (abort_due_.is_set()) {
    set_abort_due(os::Deadline::at(now_ns));
    lane_.write(roster_);
  }
}

/// What it never took.
void WorkerHandle::deal_anew(std::uint64_t now_ns) {
  for (protection::Message& message : custody_->take_back()) {
    primary_.dealer.add(self(), std::move(message), now_ns);
  }
}

/// It has crashed or exits, or has been reaped. What it has given before it went in order belongs
/// to its drain, also where that is heard only now.
void WorkerHandle::begin_to_end(bool by_crash, std::uint64_t now_ns) {
  ends_ = true;
  if (!is_kept() || custody_->is_asked(Condition::dead)) return;
  if (by_crash || !asked_to_go_) primary_.dealer.begin(self(), MoveReason::crash, now_ns);
  custody_->hand_over(Condition::dead, may_move());
}

void WorkerHandle::hear_done(const protection::Custody::Done& done, std::uint64_t now_ns) {
  if (done.worker == Condition::frozen) {
    // It cannot say so itself, and touches nothing before it is released.
    const std::uint64_t had = primary_.view.counters(number_ - 1).connections_open;
    primary_.segment.slot(number_ - 1).connections_open(had - std::min(had, handed_over_));
    custody_->ledger().release();
  } else {
    keeper_told_ = true;
    lost_ += done.lost;
    deal_anew(now_ns);
  }
  primary_.dealer.complete(self());
}

/// It runs nothing of its own any more, but what it has locked stays locked until the kernel is
/// through, which takes as long as its core is large.
os::Deadline WorkerHandle::watch_end(std::uint64_t now_ns) {
  if (released_ || !is_kept()) return {};
  if (!is_ending(now_ns)) return os::Deadline::after(now_ns, kLook);
  released_ = true;
  custody_->release();
  return {};
}

/// It has been reaped.
void WorkerHandle::begin_settling(std::uint64_t now_ns) {
  if (!is_kept()) return;
  settle_deadline_ = os::Deadline::after(now_ns, kKeeperPatience);
  if (!released_) custody_->release();
  begin_to_end(/*by_crash=*/false, now_ns);
}

bool WorkerHandle::is_settled(std::uint64_t now_ns) {
  if (!is_kept() || keeper_told_) return true;
  if (!settle_deadline_.has_passed(now_ns)) return false;
  ::kill(custody_->keeper(), SIGKILL);
  primary_.events.warn("worker " + std::to_string(number_) + ": its keeper, pid " +
                       std::to_string(custody_->keeper()) + ", does not answer: killed");
  return true;
}

/// The loop is told first, as with the voice.
void WorkerHandle::end_custody(std::uint64_t now_ns) {
  if (!custody_) return;
  hear_protection(now_ns);
  primary_.dealer.complete(self());
  // Nothing is left to keep. A message would not be heard by one that is stopped.
  if (is_kept() && ::kill(custody_->keeper(), SIGKILL) == 0) ending_keeper_ = custody_->keeper();
  primary_.loop.remove(custody_->worker_socket());
  primary_.loop.remove(custody_->keeper_socket());
  custody_.reset();
}

}  // namespace forkscope::supervisor
