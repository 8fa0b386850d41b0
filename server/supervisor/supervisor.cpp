#include "supervisor/supervisor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "balancing/policies.h"
#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/status_json.h"
#include "forkscope/telemetry/worker_report.h"
#include "os/dispositions.h"
#include "os/open_files.h"
#include "os/program_name.h"
#include "supervisor/one_line.h"

namespace forkscope::supervisor {

namespace {

constexpr std::chrono::milliseconds kBeat{100};
/// Between two looks at whether the control socket is still there.
constexpr std::uint64_t kBeatsPerLook = 10;
constexpr std::chrono::minutes kLimitLine{1};  // between two of these lines
/// A round of the loop that begins this late was held up from outside: by Ctrl-Z, a debugger, a
/// sleeping laptop.
constexpr std::chrono::milliseconds kPause{500};

// What an event of the loop is about: the kind in the upper half, the slot in the lower.
enum class Source : std::uint64_t { signals = 1, control = 2, voice = 3, protection = 4 };

std::uint64_t token(Source source, std::uint32_t slot = 0) {
  return static_cast<std::uint64_t>(source) << 32 | slot;
}

telemetry::SegmentOptions segment_options(const Settings& settings, const child::Child& child,
                                          const os::ListeningSocket& listener) {
  telemetry::SegmentOptions options;
  options.slots = slots_for(settings.workers);
  options.port = listener.port;
  options.host = listener.address;
  options.hang_after_ns = static_cast<std::uint64_t>(settings.hang_after.count());
  options.kill_after_ns =
      settings.kill_after ? static_cast<std::uint64_t>(settings.kill_after->count()) : 0;
  options.faults_enabled = child.faults_enabled;
  options.runs_program = !child.command.empty();
  return options;
}

/// Whether the process has a terminal that can hang up on it (credentials(7)).
bool has_terminal() {
  return os::UniqueFd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)).get() >= 0;
}

/// An error names the way past a port that somebody else has.
os::ListeningSocket open_port(const Settings& settings) {
  if (settings.inherited_socket >= 0) return os::adopt_listening_socket(settings.inherited_socket);
  try {
    return os::listen_on(settings.host, settings.port);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::address_in_use) throw;
    throw std::runtime_error(std::string(error.what()) + "; --port takes another");
  }
}

}  // namespace

Supervisor::Supervisor(const Settings& settings, child::Child child)
    : settings_(settings),
      child_(std::move(child)),
      orphans_(/*adopt=*/!child_.command.empty()),
      listener_(open_port(settings)),
      segment_(telemetry::Segment::create(segment_options(settings, child_, listener_))),
      view_(telemetry::SegmentView::over(segment_.data(), segment_.size())),
      events_(segment_, view_, settings.log_format),
      sharing_(settings_, child_, listener_, segment_.header().slot_count),
      signals_({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGTTIN, SIGTTOU, SIGCHLD}),
      wake_(segment_.header().slot_count),
      control_(listener_.port, segment_.fd(), *this),
      dealer_(view_, events_),
      primary_{settings_,
               child_,
               segment_,
               view_,
               events_,
               dealer_,
               loop_,
               listener_.fd.get(),
               sharing_.queues(),
               wake_,
               heirlooms_,
               [this](const WorkerProcess& worker, std::string_view name) {
                 hear_balance(worker, name);
               }},
      pool_(primary_, service_manager_, settings.workers),
      had_terminal_(has_terminal()),
      starter_(::getppid()) {
  if (!child_.command.empty()) os::make_blocking(listener_.fd.get());
  os::ignore_signals({SIGUSR2});
  os::ChildProcess::require_system_calls();
  loop_.add(signals_.fd(), EPOLLIN, token(Source::signals));
  loop_.add(control_.fd(), EPOLLIN, token(Source::control));
}

int Supervisor::run() {
  const std::string scheme = child_.scheme.empty() ? "" : child_.scheme + "://";
  events_.note("serving " + scheme + telemetry::authority(listener_.address, listener_.port) +
               ", workers: " + std::to_string(settings_.workers) +
               ", primary pid: " + std::to_string(segment_.header().primary_pid));
  std::string command;
  for (const std::string& word : child_.command) command += ' ' + word;
  if (!command.empty()) events_.note("each of them runs" + one_line(command));
  say_what_is_left_out();
  make_room_for_connections();
  keep_control_socket();
  publish_beat(telemetry::now_ns());  // workers want to know the policy
  while (true) {
    const std::uint64_t now = telemetry::now_ns();
    notice_own_pause(now);
    reap(now);
    reap_strangers();
    orphans_.end(pool_);
    watch(now);
    if (!stopping_) {
      if (const auto failure = pool_.why_nothing_boots(now)) {
        std::fprintf(stderr, "%s: %s\n", os::program_name().c_str(), failure->reason.c_str());
        return failure->exit_code;
      }
      pool_.fill();
      pool_.roll();
      pool_.shorten_backoff_if_nobody_serves(now);
      fork_due(now);
      share_port(now);
      deal();
    }
    beat(now);
    if (stopping_ && !pool_.has_processes() && !orphans_.may_be_here())
      return clean_stop_ ? EXIT_SUCCESS : EXIT_FAILURE;
    hear(next_due(), now);
  }
}

/// Names the addresses of the host that are not served: a client that tries only one of a name's
/// addresses may try one of those.
void Supervisor::say_what_is_left_out() {
  if (listener_.left_out.empty()) return;
  std::string others;
  for (const std::string& address : listener_.left_out) {
    others += (others.empty() ? "" : ", ") + address;
  }
  events_.note(settings_.host + " has several addresses: " + listener_.address +
               " is served, and not " + others);
}

/// Raises the limit of open files, which workers inherit. A worker that reaches it closes idle
/// connections, as it does at --max-connections.
void Supervisor::make_room_for_connections() {
  if (child_.max_connections == 0) return;
  const std::uint64_t others = wake_.size() + sharing_.queues().size() + child_.other_files;
  const std::uint64_t wanted = child_.max_connections;
  const std::uint64_t allowed = os::allow_open_files(wanted + others);
  if (allowed >= wanted + others) return;
  events_.note("the limit of open files (ulimit -n) is " + std::to_string(allowed) +
               ": a worker has room for about " +
               telemetry::counted(allowed > others ? allowed - others : 0, "connection") +
               " instead of " + std::to_string(wanted) + ", then idle ones give way");
}

void Supervisor::notice_own_pause(std::uint64_t now_ns) {
  if (!pause_noticed_.has_passed(now_ns)) return;
  for (WorkerHandle& worker : pool_) worker.rearm(now_ns);
}

void Supervisor::reap(std::uint64_t now_ns) {
  for (WorkerHandle& worker : pool_) {
    if (!worker.reap(now_ns)) continue;
    orphans_.worker_ended();
    if (stopping_) {
      clean_stop_ = clean_stop_ && worker.ended_cleanly();
    } else {
      pool_.plan_next_fork(worker, now_ns);
    }
  }
}

/// Children that are not workers: their keepers, and as process 1 of a container all orphans.
void Supervisor::reap_strangers() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    const auto is_it = [&](const WorkerHandle& worker) { return worker.is_process(info.si_pid); };
    if (std::any_of(pool_.begin(), pool_.end(), is_it)) return;  // it has died just now
    const pid_t pid = info.si_pid;
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
    pool_.keeper_ended(pid);
    info.si_pid = 0;
  }
}

void Supervisor::watch(std::uint64_t now_ns) {
  watch_due_ = {};
  for (WorkerHandle& worker : pool_) {
    const bool served = worker.is_ready();
    watch_due_ = earlier(watch_due_, worker.watch(now_ns));
    if (!served && worker.is_ready()) balance_.joined(now_ns);  // it has recovered
  }
}

void Supervisor::fork_due(std::uint64_t now_ns) {
  for (WorkerHandle& worker : pool_) {
    if (!worker.fork_due().has_passed(now_ns)) continue;
    const std::uint32_t slot = worker.number() - 1;
    worker.fork(telemetry::now_ns(), {token(Source::voice, slot), token(Source::protection, slot)},
                pool_.is_extra(worker) ? "stands in during the reload" : "");
  }
}

/// What waits in a queue whose worker does not come is there for all.
void Supervisor::share_port(std::uint64_t now_ns) {
  if (!sharing_.follow(pool_, now_ns)) return;
  publish_beat(now_ns);  // it says that there is something
  wake_all();
}

void Supervisor::wake_all() const {
  for (const os::EventFd& wake : wake_) wake.signal();
}

/// Connections that wait for a worker get one, and a newcomer its share.
void Supervisor::deal() {
  const std::uint64_t now = telemetry::now_ns();
  if (!dealer_.has_connections() && !dealer_.due().has_passed(now) &&
      !balance_.due().has_passed(now)) {
    return;
  }
  std::vector<Dealer::Receiver> receivers;
  for (WorkerHandle& worker : pool_) {
    if (const auto receiver = worker.receiver()) receivers.push_back(*receiver);
  }
  // Without protection nobody can be evened out, and nothing is due. Nor is it where the policy
  // does not care how many connections anybody has.
  const bool evens_out = settings_.protect && balancing::compares_loads(sharing_.policy());
  balance_.even_out(evens_out ? receivers : std::vector<Dealer::Receiver>{}, dealer_, now);
  const auto moved = dealer_.moved();
  dealer_.deal(receivers, now);
  if (dealer_.moved() != moved) publish_beat(now);  // it counts them
}

void Supervisor::beat(std::uint64_t now_ns) {
  if (!beat_due_.has_passed(now_ns)) return;
  beat_due_ = os::Deadline::after(now_ns, kBeat);
  publish_beat(now_ns);
  control_.retry_accept();
  if (beats_ % kBeatsPerLook == 0) keep_control_socket();
  tell_of_connection_limit(now_ns);
  tell_service_manager(now_ns);
}

void Supervisor::publish_beat(std::uint64_t now_ns) {
  telemetry::BeatRecord record{};
  record.tick = ++beats_;
  record.time_ns = now_ns;
  record.wall_clock_ns = telemetry::wall_clock_ns();
  record.target_workers = pool_.wanted();
  record.state = static_cast<std::uint64_t>(stopping_ ? telemetry::PrimaryState::draining
                                                      : telemetry::PrimaryState::running);
  std::copy(dealer_.moved().begin(), dealer_.moved().end(), record.moved);
  // Whether it is so, not whether somebody wants it.
  const bool protects =
      settings_.protect && std::none_of(pool_.begin(), pool_.end(), [](const WorkerHandle& worker) {
        return worker.serves_unprotected();
      });
  record.protection =
      static_cast<std::uint32_t>(protects ? telemetry::Protection::on : telemetry::Protection::off);
  record.balance = static_cast<std::uint16_t>(sharing_.policy());
  record.open_queues = sharing_.open_queues();
  segment_.beat().write(record);
}

void Supervisor::keep_control_socket() {
  const auto news = control_.keep_bound();
  if (!news) return;
  if (news->kind == ControlSocket::News::Kind::trouble) return events_.warn(news->text);
  events_.note(news->text);
}

/// Says so in the log when clients found no room, once for all workers: each of them only counts.
void Supervisor::tell_of_connection_limit(std::uint64_t now_ns) {
  if (!limit_line_due_.has_passed(now_ns)) return;
  std::uint64_t clients = 0;
  for (std::uint32_t slot = 0; slot < view_.slot_count(); ++slot) {
    clients += view_.counters(slot).limit_reached;
  }
  if (clients == clients_without_room_) return;
  events_.warn("no worker has room for more connections (--max-connections " +
               std::to_string(child_.max_connections) +
               " each, or the limit of open files); clients that came all the same: " +
               std::to_string(clients - clients_without_room_) +
               ". The longest idle connections give way");
  clients_without_room_ = clients;
  limit_line_due_ = os::Deadline::after(now_ns, kLimitLine);
}

/// Says "ready" once the server has as many workers as it should. The watchdog's message is sent
/// from this loop and from no other place, because it is to prove that this loop goes on.
void Supervisor::tell_service_manager(std::uint64_t now_ns) {
  if (!told_ready_ && !stopping_ && pool_.all_ready()) {
    told_ready_ = true;
    service_manager_.notify("READY=1");
  }
  service_manager_.keep_alive(now_ns);
}

os::Deadline Supervisor::next_due() const {
  os::Deadline next =
      earlier(earlier(beat_due_, watch_due_), earlier(dealer_.due(), balance_.due()));
  next = earlier(next, sharing_.due());
  for (const WorkerHandle& worker : pool_) next = earlier(next, worker.fork_due());
  return next;
}

void Supervisor::hear(os::Deadline until, std::uint64_t now_ns) {
  const int timeout_ms = until.wait_ms(now_ns);
  // From the beginning of this round: it may have been held up in the middle, as where a worker
  // that is stopped wakes us a moment before we are stopped with it.
  pause_noticed_ = os::Deadline::after(now_ns, std::chrono::milliseconds(timeout_ms) + kPause);
  for (const epoll_event& event : loop_.wait(timeout_ms)) {
    switch (static_cast<Source>(event.data.u64 >> 32)) {
      case Source::signals: hear_signals(); break;
      case Source::control: control_.serve(); break;
      case Source::voice: hear_voice(pool_.in_slot(event.data.u64 & 0xFFFF'FFFF)); break;
      case Source::protection:
        pool_.in_slot(event.data.u64 & 0xFFFF'FFFF).hear_protection(telemetry::now_ns());
        break;
    }
  }
}

void Supervisor::hear_voice(WorkerHandle& worker) {
  const std::uint64_t now = telemetry::now_ns();
  const bool served = worker.is_ready();
  worker.hear_voice(now);
  if (!served && worker.is_ready()) balance_.joined(now);
}

void Supervisor::hear_signals() {
  while (const auto signal = signals_.next()) {
    switch (signal->number) {
      case SIGCHLD:  // reap() looks at every worker anyway
        for (WorkerHandle& worker : pool_) worker.follow_job_control(telemetry::now_ns());
        break;
      case SIGUSR1: log_process_table(); break;
      // Where the kernel sends one of these, a program of our process group uses the terminal from
      // the background: that is no wish for another number of workers.
      case SIGTTIN:
        if (!signal->by_kernel) scale(pool_.wanted() + 1);
        break;
      case SIGTTOU:
        if (!signal->by_kernel) scale(pool_.wanted() - 1);
        break;
      case SIGHUP: hear_hang_up(*signal); break;
      default:
        // A key that is pressed on the terminal is not meant for what a script has put into the
        // background, which has them ignored at the start; a signal that is sent always is.
        if (signal->by_kernel && os::ignored_at_start(signal->number)) break;
        begin_shutdown(telemetry::signal_name(static_cast<std::uint32_t>(signal->number)),
                       /*at_once=*/stopping_ && signal->number == SIGINT);
    }
  }
}

/// Whether it says that the terminal is gone, and is no wish for a reload. The kernel says so to
/// the foreground, and shells pass it on to their jobs: the session's own, and one that was started
/// in it.
bool Supervisor::is_hang_up(const os::ArrivedSignal& hup) const {
  if (!had_terminal_) return false;
  if (hup.by_kernel) return true;
  return (hup.sender == ::getsid(0) || hup.sender == starter_) && !has_terminal();
}

void Supervisor::hear_hang_up(const os::ArrivedSignal& hup) {
  if (!is_hang_up(hup)) {
    reload();
  } else if (os::ignored_at_start(SIGHUP)) {
    events_.note("the terminal is gone; started with SIGHUP ignored (nohup), the server goes on");
  } else {
    begin_shutdown("its terminal is gone", /*at_once=*/false);
  }
}

void Supervisor::begin_shutdown(const std::string& why, bool at_once) {
  if (!stopping_) {
    stopping_ = true;
    events_.record(telemetry::EventKind::shutdown, 0, why);
    service_manager_.notify("STOPPING=1");
    // For all processes that hold it, hung ones too: clients are refused from now on. One that was
    // handed to us goes on elsewhere: its owner starts the next server for those who wait there.
    // A program need not expect that its socket ends before it is told to end itself.
    if (settings_.inherited_socket < 0 && child_.command.empty()) {
      ::shutdown(listener_.fd.get(), SHUT_RD);
    }
    sharing_.close();
    listener_.fd.reset();
    pool_.drain(telemetry::now_ns());
  }
  if (at_once) {
    for (WorkerHandle& worker : pool_) {
      if (worker.has_process()) worker.kill("asked twice to stop");
    }
  }
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
  nlohmann::ordered_json status = {
      {"version", FORKSCOPE_VERSION}, {"pid", segment_.header().primary_pid},
      {"host", listener_.address},    {"port", listener_.port},
      {"stopping", stopping_},        {"reloading", pool_.reloading()}};
  if (!child_.command.empty()) status["command"] = child_.command;
  status.update(telemetry::status_json(view_, telemetry::now_ns()));
  status["target_workers"] = pool_.wanted();  // as of now, not of the latest beat
  return status;
}

bool Supervisor::signal_worker(std::uint32_t number, int signal) {
  WorkerHandle* worker = pool_.find(number);
  return worker != nullptr && worker->send_signal(signal);
}

std::optional<std::string> Supervisor::scale(std::uint32_t workers) {
  if (stopping_) return "the server is stopping";
  return pool_.scale(workers);
}

std::optional<std::string> Supervisor::protect(bool on) {
  if (on && child_.max_connections == 0) {  // nor are they kept (WorkerHandle)
    return "connections of workers of this kind end with them";
  }
  if (std::exchange(settings_.protect, on) == on) return std::nullopt;
  for (WorkerHandle& worker : pool_) worker.protect(on);
  events_.record(telemetry::EventKind::protection, on ? 1 : 0, {});
  publish_beat(telemetry::now_ns());  // before whoever asked hears that it is done
  return std::nullopt;
}

std::optional<std::string> Supervisor::balance(telemetry::BalancePolicy policy) {
  if (stopping_) return "the server is stopping";
  const telemetry::BalancePolicy before = sharing_.policy();
  if (policy == before) return std::nullopt;
  const std::uint64_t now = telemetry::now_ns();
  if (auto why_not = sharing_.choose(policy, now)) return why_not;
  telemetry::EventRecord event{};
  event.kind = static_cast<std::uint16_t>(telemetry::EventKind::balance);
  event.exit_cause = static_cast<std::uint32_t>(before);
  event.exit_code = static_cast<std::uint32_t>(policy);
  events_.record(event);
  sharing_.follow(pool_, now);
  publish_beat(now);
  wake_all();  // they look at the policy, and some are to be on call
  return std::nullopt;
}

/// On behalf of a client of that worker.
void Supervisor::hear_balance(const WorkerProcess& worker, std::string_view name) {
  const auto policy = telemetry::balance_policy(name);
  if (!policy || !child_.faults_enabled) return events_.warn(worker, "asks for what it may not");
  if (const auto why_not = balance(*policy)) {
    events_.note(worker, "asks to balance by " + std::string(name) + ": " + *why_not);
  }
}

void Supervisor::reload() {
  if (!stopping_) pool_.reload();
}

void Supervisor::stop() { begin_shutdown("asked over the control socket", /*at_once=*/false); }

}  // namespace forkscope::supervisor
