#include "supervisor/worker_pool.h"

#include <algorithm>
#include <utility>

#include "forkscope/telemetry/clock.h"

namespace forkscope::supervisor {

namespace {

constexpr std::chrono::seconds kLongestOutage{1};

}  // namespace

WorkerPool::WorkerPool(const PrimaryParts& primary, const os::ServiceManager& service_manager,
                       std::uint32_t wanted)
    : primary_(primary), service_manager_(service_manager), wanted_(wanted) {
  workers_.reserve(max_workers());  // nobody moves: the primary's loop goes over them
  handle(wanted_);
  handle(1).plan_first_fork();
}

void WorkerPool::fill() {
  const auto was_ready = [](const WorkerHandle& worker) { return worker.was_ever_ready(); };
  if (filled_ || std::none_of(workers_.begin(), workers_.end(), was_ready)) return;
  filled_ = true;
  fork_missing();
}

void WorkerPool::fork_missing() {
  if (!filled_) return;
  for (WorkerHandle& worker : workers_) {
    if (is_wanted(worker) && !worker.has_process() && !worker.fork_due().is_set()) {
      worker.plan_first_fork();
    }
  }
}

void WorkerPool::plan_next_fork(WorkerHandle& worker, std::uint64_t now_ns) {
  if (is_extra(worker) && !worker.was_ready()) {
    worker.retire(now_ns);
    end_reload(worker.boot_failure() ? worker.boot_failure()->reason
                                     : "the new worker did not become ready");
  } else if (!is_wanted(worker)) {
    worker.retire(now_ns);
  } else if (worker.was_asked_to_go()) {
    worker.plan_first_fork();  // no death of its own
  } else {
    worker.plan_restart(now_ns, std::uniform_real_distribution<double>()(random_),
                        somebody_serves() ? RestartPolicy::kLongestDelay : kLongestOutage);
  }
}

void WorkerPool::shorten_backoff_if_nobody_serves(std::uint64_t now_ns) {
  if (somebody_serves()) return;
  const auto first = std::min_element(workers_.begin(), workers_.end(),
                                      [](const WorkerHandle& left, const WorkerHandle& right) {
                                        return left.fork_due() < right.fork_due();
                                      });
  first->restart_within(kLongestOutage, now_ns);
}

void WorkerPool::keeper_ended(pid_t pid) {
  for (WorkerHandle& worker : workers_) {
    if (worker.keeper_ended(pid)) hand_over(worker);
  }
}

void WorkerPool::drain(std::uint64_t now_ns) {
  reload_.reset();
  for (WorkerHandle& worker : workers_) {
    worker.drain(now_ns, os::Deadline::after(now_ns, primary_.settings.drain_timeout),
                 /*hand_over=*/false);
  }
}

std::optional<std::string> WorkerPool::scale(std::uint32_t wanted) {
  if (wanted < 1 || wanted > max_workers()) {
    return "the number of workers has to be from 1 to " + std::to_string(max_workers());
  }
  if (wanted == wanted_) return std::nullopt;
  wanted_ = wanted;
  primary_.events.record(telemetry::EventKind::scale, wanted, "");
  // The extra worker may have become one of those that are wanted; the reload then takes another.
  if (reload_ && reload_->extra <= wanted) reload_->extra = 0;

  handle(wanted);
  fork_missing();
  for (WorkerHandle& worker : workers_) {
    if (is_wanted(worker)) continue;
    if (worker.has_process()) {
      hand_over(worker);
    } else {
      worker.retire(telemetry::now_ns());
    }
  }
  return std::nullopt;
}

// ── rolling reload ───────────────────────────────────────────────────────────────────────────────

void WorkerPool::reload() {
  if (!filled_) return;  // they are about to be fresh
  if (reload_) {
    reload_->once_more = true;
    return;
  }
  reload_.emplace();
  for (const WorkerHandle& worker : workers_) {
    if (is_wanted(worker)) reload_->old.push_back({worker.number(), worker.generation()});
  }
  primary_.events.record(telemetry::EventKind::reload, 1, "");
  service_manager_.notify("RELOADING=1\nMONOTONIC_USEC=" +
                          std::to_string(telemetry::now_ns() / 1'000));
}

void WorkerPool::roll() {
  while (reload_ && extra_worker_is_ready()) {
    if (reload_->old.empty()) {
      end_reload("");
      return;
    }
    const auto [number, generation] = reload_->old.front();
    WorkerHandle& worker = workers_[number - 1];
    if (number <= wanted_ && worker.generation() == generation) {
      if (worker.has_process()) hand_over(worker);  // again and again does no harm
      return;
    }
    if (number <= wanted_ && !worker.is_ready()) return;
    reload_->old.erase(reload_->old.begin());
  }
}

/// Plans the fork of the extra worker where there is none. With all slots in use there is no place
/// for one, and the reload goes on without.
bool WorkerPool::extra_worker_is_ready() {
  if (reload_->extra != 0) return workers_[reload_->extra - 1].is_ready();
  for (std::uint32_t number = wanted_ + 1; number <= max_workers(); ++number) {
    WorkerHandle& worker = handle(number);
    if (worker.has_process()) continue;  // it drains since the server shrank
    reload_->extra = number;
    worker.plan_first_fork();
    return false;
  }
  return true;
}

/// `why_early` is empty when all workers have been replaced.
void WorkerPool::end_reload(const std::string& why_early) {
  const RollingReload ended = *std::exchange(reload_, std::nullopt);
  if (ended.extra != 0) {
    WorkerHandle& extra = workers_[ended.extra - 1];
    if (extra.has_process()) hand_over(extra);
  }
  primary_.events.record(telemetry::EventKind::reload, 0, why_early);
  service_manager_.notify("READY=1");
  if (ended.once_more && why_early.empty()) reload();
}

// ── what both are made of ────────────────────────────────────────────────────────────────────────

WorkerHandle& WorkerPool::handle(std::uint32_t number) {
  while (workers_.size() < number) {
    workers_.emplace_back(primary_, static_cast<std::uint32_t>(workers_.size() + 1));
  }
  return workers_[number - 1];
}

WorkerHandle* WorkerPool::find(std::uint32_t number) {
  return number >= 1 && number <= workers_.size() ? &workers_[number - 1] : nullptr;
}

bool WorkerPool::is_wanted(const WorkerHandle& worker) const {
  return worker.number() <= wanted_ || is_extra(worker);
}

bool WorkerPool::is_extra(const WorkerHandle& worker) const {
  return reload_ && worker.number() == reload_->extra;
}

bool WorkerPool::all_ready() const {
  return std::all_of(workers_.begin(), workers_.end(), [&](const WorkerHandle& worker) {
    return !is_wanted(worker) || worker.is_ready();
  });
}

bool WorkerPool::somebody_serves() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const WorkerHandle& worker) {
    return worker.is_ready() || worker.is_booting();
  });
}

bool WorkerPool::has_processes() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const WorkerHandle& worker) {
    return worker.has_process() || worker.keeper_ends();
  });
}

std::optional<BootFailure> WorkerPool::why_nothing_boots(std::uint64_t now_ns) {
  const WorkerHandle& first = workers_.front();
  if (filled_ || !first.boot_failure()) return std::nullopt;
  const BootFailure& failure = *first.boot_failure();
  if (failure.exit_code == child::kExitCannotBoot) return failure;
  const std::chrono::nanoseconds patience = primary_.settings.boot_patience;
  if (!boot_patience_ends_.is_set()) {
    boot_patience_ends_ = os::Deadline::after(now_ns, patience);
    if (patience.count() > 0) {
      primary_.events.note("no worker can start yet; the server tries again for " +
                           std::to_string(patience / std::chrono::seconds(1)) + " s");
    }
  }
  if (!boot_patience_ends_.has_passed(now_ns)) return std::nullopt;
  return failure;
}

void WorkerPool::hand_over(WorkerHandle& worker) {
  const std::uint64_t now = telemetry::now_ns();
  worker.drain(now, os::Deadline::after(now, primary_.settings.drain_timeout), /*hand_over=*/true);
}

}  // namespace forkscope::supervisor
