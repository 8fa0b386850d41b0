#include "supervisor/supervisor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "forkscope/telemetry/worker_report.h"
#include "forkscope/telemetry/workers_json.h"

namespace forkscope::supervisor {

namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kBeatNs = 100 * kMillisecondNs;
constexpr std::uint64_t kLongestOutageNs = 1000 * kMillisecondNs;
/// A round that comes this late was not ours to miss: Ctrl-Z, a debugger, a sleeping laptop.
constexpr std::uint64_t kPauseNs = 500 * kMillisecondNs;

// What an event of the loop is about: the kind in the upper half, the slot in the lower.
enum class Source : std::uint64_t { signals = 1, control = 2, exit = 3, boot = 4 };

std::uint64_t token(Source source, std::uint32_t slot = 0) {
  return static_cast<std::uint64_t>(source) << 32 | slot;
}

std::uint32_t slots_for(std::uint32_t workers) {
  return std::clamp<std::uint32_t>(2 * workers, 32, telemetry::kMaxSlots);
}

telemetry::SegmentOptions segment_options(const Settings& settings, std::uint16_t port) {
  telemetry::SegmentOptions options;
  options.slots = slots_for(settings.workers);
  options.port = port;
  options.host = settings.host;
  options.hang_after_ns = settings.hang_after_ns;
  options.kill_after_ns = settings.kill_after_ns;
  options.faults_enabled = settings.worker.faults_enabled;
  return options;
}

/// Whether the process has a terminal that can hang up on it (credentials(7)).
bool has_terminal() {
  return os::UniqueFd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)).get() >= 0;
}

}  // namespace

Supervisor::Supervisor(const Settings& settings)
    : settings_(settings),
      listener_(settings.inherited_socket < 0
                    ? os::listen_on(settings.host, settings.port)
                    : os::adopt_listening_socket(settings.inherited_socket)),
      segment_(telemetry::Segment::create(segment_options(settings, listener_.port))),
      view_(telemetry::SegmentView::over(segment_.data(), segment_.size())),
      events_(segment_, view_, settings.log_format),
      signals_({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGTTIN, SIGTTOU, SIGCHLD}),
      wake_(segment_.header().slot_count),
      control_(listener_.port, segment_.fd(), *this),
      household_{settings_, segment_, view_, events_, loop_, listener_.fd.get(), wake_},
      target_workers_(settings.workers),
      had_terminal_(has_terminal()) {
  workers_.reserve(segment_.header().slot_count);  // nobody moves: the loop goes over them
  os::ignore_signals({SIGPIPE, SIGUSR2});
  loop_.add(signals_.fd(), EPOLLIN, token(Source::signals));
  loop_.add(control_.fd(), EPOLLIN, token(Source::control));
  for (std::uint32_t number = 1; number <= target_workers_; ++number) {
    handle(number).plan_first_fork();
  }
}

int Supervisor::run() {
  events_.note("serving http://" + settings_.host + ":" + std::to_string(listener_.port) +
               "/v1/todos, workers: " + std::to_string(settings_.workers) +
               ", primary pid: " + std::to_string(segment_.header().primary_pid));
  while (true) {
    const std::uint64_t now = telemetry::now_ns();
    notice_own_pause(now);
    reap(now);
    reap_strangers();
    watch(now);
    if (!stopping_) roll();
    if (!stopping_) shorten_backoff_if_nobody_serves(now);
    if (!stopping_) fork_due(now);
    beat(now);
    const bool all_gone = std::none_of(workers_.begin(), workers_.end(),
                                       [](const auto& worker) { return worker.has_process(); });
    if (stopping_ && all_gone) return clean_stop_ ? EXIT_SUCCESS : EXIT_FAILURE;
    if (const auto why = why_nothing_boots()) {
      std::fprintf(stderr, "todos-server: %s\n", why->c_str());
      return worker::kExitCannotBoot;
    }
    hear(wait_ms(now));
  }
}

/// With nobody at work, clients wait for whoever is back first: that one never waits for long.
void Supervisor::shorten_backoff_if_nobody_serves(std::uint64_t now_ns) {
  WorkerHandle* first = nullptr;
  for (WorkerHandle& worker : workers_) {
    if (worker.is_ready() || worker.is_booting()) return;
    if (worker.fork_due_ns() && (first == nullptr || worker.fork_due_ns() < first->fork_due_ns())) {
      first = &worker;
    }
  }
  if (first != nullptr) first->restart_within(kLongestOutageNs, now_ns);
}

void Supervisor::fork_due(std::uint64_t now_ns) {
  for (WorkerHandle& worker : workers_) {
    if (!worker.fork_due_ns() || *worker.fork_due_ns() > now_ns) continue;
    if (!worker.fork(telemetry::now_ns())) continue;
    loop_.add(worker.pidfd(), EPOLLIN, token(Source::exit, worker.number() - 1));
    loop_.add(worker.boot_pipe(), EPOLLIN, token(Source::boot, worker.number() - 1));
  }
}

int Supervisor::wait_ms(std::uint64_t now_ns) const {
  std::uint64_t next = next_beat_ns_;
  if (next_watch_ns_ != 0) next = std::min(next, next_watch_ns_);
  for (const WorkerHandle& worker : workers_) {
    if (worker.fork_due_ns()) next = std::min(next, *worker.fork_due_ns());
  }
  if (next <= now_ns) return 0;
  return static_cast<int>((next - now_ns + kMillisecondNs - 1) / kMillisecondNs);
}

void Supervisor::hear(int timeout_ms) {
  planned_wake_ns_ = telemetry::now_ns() + static_cast<std::uint64_t>(timeout_ms) * kMillisecondNs;
  for (const epoll_event& event : loop_.wait(timeout_ms)) {
    switch (static_cast<Source>(event.data.u64 >> 32)) {
      case Source::signals: hear_signals(); break;
      case Source::control: control_.serve(); break;
      case Source::boot:
        workers_[event.data.u64 & 0xFFFF'FFFF].hear_boot(telemetry::now_ns());
        break;
      case Source::exit: break;  // reap() looks at every worker anyway
    }
  }
}

void Supervisor::hear_signals() {
  while (const auto signal = signals_.next()) {
    switch (*signal) {
      case SIGCHLD:
        for (WorkerHandle& worker : workers_) worker.follow_job_control(telemetry::now_ns());
        break;
      case SIGUSR1: log_process_table(); break;
      case SIGTTIN: scale(target_workers_ + 1); break;
      case SIGTTOU: scale(target_workers_ - 1); break;
      case SIGHUP:
        if (!had_terminal_ || has_terminal()) {
          reload();
          break;
        }
        begin_shutdown("its terminal is gone", /*at_once=*/false);
        break;
      default:
        begin_shutdown(telemetry::signal_name(static_cast<std::uint32_t>(*signal)),
                       /*at_once=*/stopping_ && *signal == SIGINT);
    }
  }
}

void Supervisor::reap(std::uint64_t now_ns) {
  for (WorkerHandle& worker : workers_) {
    if (!worker.reap(now_ns)) continue;
    if (stopping_) {
      clean_stop_ = clean_stop_ && worker.ended_cleanly();
      continue;
    }
    plan_next_fork(worker, now_ns);
  }
}

/// Children that are not workers: as process 1 of a container the primary inherits all orphans.
void Supervisor::reap_strangers() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    const auto is_it = [&](const WorkerHandle& worker) { return worker.is_process(info.si_pid); };
    if (std::any_of(workers_.begin(), workers_.end(), is_it)) return;  // it has died just now
    ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    info.si_pid = 0;
  }
}

void Supervisor::plan_next_fork(WorkerHandle& worker, std::uint64_t now_ns) {
  if (reload_ && worker.number() == reload_->extra && !worker.was_ready()) {
    worker.retire(now_ns);
    end_reload(worker.boot_failure().value_or("the new worker did not become ready"));
  } else if (!is_wanted(worker)) {
    worker.retire(now_ns);
  } else if (worker.was_asked_to_go()) {
    worker.plan_first_fork();  // no death of its own
  } else {
    const double jitter = static_cast<double>(random_() - decltype(random_)::min()) /
                          static_cast<double>(decltype(random_)::max());
    worker.plan_restart(now_ns, jitter);
  }
}

void Supervisor::watch(std::uint64_t now_ns) {
  next_watch_ns_ = 0;
  for (WorkerHandle& worker : workers_) {
    const std::uint64_t next = worker.watch(now_ns);
    if (next != 0) next_watch_ns_ = next_watch_ns_ == 0 ? next : std::min(next_watch_ns_, next);
  }
}

void Supervisor::beat(std::uint64_t now_ns) {
  if (now_ns < next_beat_ns_) return;
  next_beat_ns_ = now_ns + kBeatNs;
  telemetry::BeatRecord record{};
  record.tick = ++beats_;
  record.time_ns = now_ns;
  record.wall_clock_ns = telemetry::wall_clock_ns();
  record.target_workers = target_workers_;
  record.state = static_cast<std::uint64_t>(stopping_ ? telemetry::PrimaryState::draining
                                                      : telemetry::PrimaryState::running);
  segment_.beat().write(record);
  control_.retry_accept();
  tell_service_manager(now_ns);
}

/// "Ready" once the server has as many workers as it should; the watchdog from this loop and no
/// other place, because that is what is to be watched.
void Supervisor::tell_service_manager(std::uint64_t now_ns) {
  if (!told_ready_ && !stopping_ &&
      std::all_of(workers_.begin(), workers_.end(),
                  [&](const auto& worker) { return !is_wanted(worker) || worker.is_ready(); })) {
    told_ready_ = true;
    service_manager_.notify("READY=1");
  }
  service_manager_.keep_alive(now_ns);
}

void Supervisor::notice_own_pause(std::uint64_t now_ns) {
  if (planned_wake_ns_ != 0 && now_ns > planned_wake_ns_ + kPauseNs) {
    for (WorkerHandle& worker : workers_) worker.rearm(now_ns);
  }
}

// ── how many there are, and which ────────────────────────────────────────────────────────────────

WorkerHandle& Supervisor::handle(std::uint32_t number) {
  while (workers_.size() < number) {
    workers_.emplace_back(household_, static_cast<std::uint32_t>(workers_.size() + 1));
  }
  return workers_[number - 1];
}

bool Supervisor::is_wanted(const WorkerHandle& worker) const {
  return worker.number() <= target_workers_ || (reload_ && worker.number() == reload_->extra);
}

void Supervisor::hand_over(WorkerHandle& worker) {
  const std::uint64_t now = telemetry::now_ns();
  worker.drain(now, now + settings_.drain_timeout_ns, /*hand_over=*/true);
}

std::optional<std::string> Supervisor::scale(std::uint32_t workers) {
  if (stopping_) return "the server is stopping";
  if (workers < 1 || workers > segment_.header().slot_count) {
    return "the number of workers has to be from 1 to " +
           std::to_string(segment_.header().slot_count);
  }
  if (workers == target_workers_) return std::nullopt;
  target_workers_ = workers;
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(telemetry::EventKind::scale);
  event.exit_code = workers;
  events_.record(event);
  // What was extra may have become one of them; the reload finds itself another.
  if (reload_ && reload_->extra <= workers) reload_->extra = 0;

  handle(workers);
  for (WorkerHandle& worker : workers_) {
    if (is_wanted(worker)) {
      if (!worker.has_process() && !worker.fork_due_ns()) worker.plan_first_fork();
    } else if (worker.has_process()) {
      hand_over(worker);
    } else {
      worker.retire(telemetry::now_ns());
    }
  }
  return std::nullopt;
}

void Supervisor::reload() {
  if (stopping_) return;
  if (reload_) {
    reload_->once_more = true;
    return;
  }
  reload_.emplace();
  for (const WorkerHandle& worker : workers_) {
    if (is_wanted(worker)) reload_->old.push_back({worker.number(), worker.generation()});
  }
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(telemetry::EventKind::reload);
  event.exit_code = 1;
  events_.record(event);
  service_manager_.notify("RELOADING=1\nMONOTONIC_USEC=" +
                          std::to_string(telemetry::now_ns() / 1'000));
}

/// Takes the reload as far as it can go at the moment.
void Supervisor::roll() {
  while (reload_ && extra_worker_is_ready()) {
    if (reload_->old.empty()) {
      end_reload("");
      return;
    }
    const auto [number, generation] = reload_->old.front();
    WorkerHandle& worker = workers_[number - 1];
    if (number <= target_workers_ && worker.generation() == generation) {
      if (worker.has_process()) hand_over(worker);  // again and again does no harm
      return;
    }
    if (number <= target_workers_ && !worker.is_ready()) return;
    reload_->old.erase(reload_->old.begin());
  }
}

/// Forks it where there is none. With all slots in use there is no place for one, and the reload
/// goes on without.
bool Supervisor::extra_worker_is_ready() {
  if (reload_->extra == 0) {
    for (std::uint32_t number = target_workers_ + 1; number <= segment_.header().slot_count;
         ++number) {
      WorkerHandle& worker = handle(number);
      if (worker.has_process()) continue;  // it drains since the server shrank
      reload_->extra = number;
      worker.plan_first_fork();
      return false;
    }
    return true;
  }
  return workers_[reload_->extra - 1].is_ready();
}

/// `why_early` is empty when all workers have been replaced.
void Supervisor::end_reload(const std::string& why_early) {
  const RollingReload ended = *std::exchange(reload_, std::nullopt);
  if (ended.extra != 0) {
    WorkerHandle& extra = workers_[ended.extra - 1];
    if (extra.has_process()) hand_over(extra);
  }
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(telemetry::EventKind::reload);
  events_.record(event, why_early);
  service_manager_.notify("READY=1");
  if (ended.once_more && why_early.empty()) reload();
}

void Supervisor::begin_shutdown(const std::string& why, bool at_once) {
  const std::uint64_t now = telemetry::now_ns();
  if (!stopping_) {
    stopping_ = true;
    reload_.reset();
    telemetry::EventRecord event{};
    event.kind = static_cast<std::uint16_t>(telemetry::EventKind::shutdown);
    events_.record(event, why);
    service_manager_.notify("STOPPING=1");
    // For all processes that hold it, hung ones too: clients are refused from now on. One that was
    // handed to us goes on elsewhere: its owner starts the next server for those who wait there.
    if (settings_.inherited_socket < 0) ::shutdown(listener_.fd.get(), SHUT_RD);
    listener_.fd.reset();
    for (WorkerHandle& worker : workers_) {
      worker.drain(now, now + settings_.drain_timeout_ns, /*hand_over=*/false);
    }
  }
  if (at_once) {
    for (WorkerHandle& worker : workers_) {
      if (worker.has_process()) worker.kill("asked twice to stop");
    }
  }
}

std::optional<std::string> Supervisor::why_nothing_boots() const {
  std::optional<std::string> why;
  for (const WorkerHandle& worker : workers_) {
    if (worker.was_ever_ready() || !worker.boot_failure()) return std::nullopt;
    why = worker.boot_failure();
  }
  return why;
}

void Supervisor::log_process_table() {
  const std::uint64_t now = telemetry::now_ns();
  for (const telemetry::WorkerReport& worker : telemetry::report_workers(view_, now)) {
    events_.note("worker " + std::to_string(worker.number) + " pid " + std::to_string(worker.pid) +
                 " generation " + std::to_string(worker.generation) + ": " +
                 std::string(to_string(worker.state)) + ", requests " +
                 std::to_string(worker.requests) + ", connections " +
                 std::to_string(worker.connections));
  }
}

nlohmann::ordered_json Supervisor::status() {
  const std::uint64_t now = telemetry::now_ns();
  nlohmann::ordered_json status = {{"version", FORKSCOPE_VERSION},
                                   {"pid", segment_.header().primary_pid},
                                   {"port", listener_.port},
                                   {"stopping", stopping_},
                                   {"target_workers", target_workers_},
                                   {"reloading", reload_.has_value()}};
  status.update(telemetry::workers_json(telemetry::report_workers(view_, now), now));
  return status;
}

bool Supervisor::signal_worker(std::uint32_t number, int signal) {
  return number >= 1 && number <= workers_.size() && workers_[number - 1].send_signal(signal);
}

void Supervisor::stop() { begin_shutdown("asked over the control socket", /*at_once=*/false); }

}  // namespace forkscope::supervisor
