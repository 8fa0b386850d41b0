#include "program/reporter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/process_tree.h"
#include "os/deadline.h"
#include "os/signal_events.h"
#include "program/connections.h"
#include "program/launch.h"
#include "program/report.h"
#include "program/report_lines.h"
#include "program/requests_in_hand.h"

namespace forkscope::program {

namespace {

/// What is left of a program that has ended, and is killed, is gone within this time or never.
constexpr std::chrono::seconds kEndPatience{5};

bool may_work_later(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
         error == ETXTBSY;
}

/// Kills all that descends from this process, and waits for it.
void end_descendants() {
  const auto self = static_cast<std::uint32_t>(::getpid());
  const auto patience = os::Deadline::after(telemetry::now_ns(), kEndPatience);
  while (true) {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) info.si_pid = 0;
    const bool none_left = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0;
    if (none_left || patience.has_passed(telemetry::now_ns())) return;
    for (const telemetry::TreeProcess& process : telemetry::process_tree(self)) {
      if (process.pid != self) ::kill(static_cast<pid_t>(process.pid), SIGKILL);
    }
    ::poll(nullptr, 0, 1);
  }
}

/// Ends this process as the program has ended. Its core is the program's, and no second one is
/// dumped here.
int end_like(const os::ExitStatus& status) {
  if (!status.signaled) return status.code;
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(status.code, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::kill(::getpid(), status.code);
  return EXIT_FAILURE;  // by no signal that ends a process
}

class Reporter {
 public:
  Reporter(const Settings& settings, const child::Inheritance& inheritance, pid_t primary)
      : inheritance_(inheritance),
        slot_(inheritance.writer),
        primary_(primary),
        silence_(static_cast<std::int64_t>(inheritance.view.header().hang_after_ns / 2)),
        signals_(
            {SIGTERM, child::kHandOverSignal, SIGABRT, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGUSR1}),
        requests_(slot_),
        connections_(inheritance.view.header().host,
                     static_cast<std::uint16_t>(inheritance.view.header().port)),
        waits_for_ready_(settings.waits_for_ready) {}

  /// Throws std::system_error.
  void start(const std::vector<std::string>& command) {
    auto [process, reports] = launch(command, {inheritance_.listening_socket, inheritance_.slot + 1,
                                               inheritance_.view.header().hang_after_ns});
    program_ = std::move(process);
    reports_ = std::move(reports);
    const int pipe_bytes = ::fcntl(reports_.get(), F_GETPIPE_SZ);
    buffer_.resize(static_cast<std::size_t>(std::max(pipe_bytes, 4096)));
    // A line that does not fit into a page of the pipe gets the next one.
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    full_ = buffer_.size() / page * (page - kMaxReportBytes);
    // What the program does not hold is to be closed with it.
    ::close(inheritance_.listening_socket);
    if (!waits_for_ready_) serve();
  }

  int run() {
    while (true) {
      read_reports();
      if (const auto status = reap()) return end(*status);
      follow_job_control();
      const std::uint64_t now = telemetry::now_ns();
      if (serves_) look_after(now);
      wait(serves_ ? earlier(beat_due_, connections_.due()) : os::Deadline::never(), now);
      hear_signals();
    }
  }

 private:
  void serve() {
    child::say_ready(inheritance_);
    serves_ = true;
    slot_.idle();
  }

  void look_after(std::uint64_t now_ns) {
    if (beat_due_.has_passed(now_ns)) {
      beat_due_ = {};
      if (!std::exchange(stands_still_, true)) slot_.step(telemetry::Phase::handling, beat_ns_);
    }
    if (connections_.due().has_passed(now_ns)) slot_.connections_open(connections_.count(now_ns));
  }

  void goes_on() {
    if (std::exchange(stands_still_, false)) slot_.idle();
  }

  void wait(os::Deadline until, std::uint64_t now_ns) {
    pollfd events[] = {{signals_.fd(), POLLIN, 0}, {reports_ ? reports_.get() : -1, POLLIN, 0}};
    ::poll(events, 2, until.wait_ms(now_ns));
  }

  // ── what it reports ──

  void read_reports() {
    while (reports_) {
      int waiting = 0;
      ::ioctl(reports_.get(), FIONREAD, &waiting);
      const ssize_t bytes = ::read(reports_.get(), buffer_.data(), buffer_.size());
      if (bytes < 0) return;
      if (bytes == 0) return reports_.reset();  // nobody has it open any more
      const std::uint64_t now = telemetry::now_ns();
      lines_.feed({buffer_.data(), static_cast<std::size_t>(bytes)});
      for (std::string_view line; lines_.next(line);) take(line, now);
      if (static_cast<std::size_t>(waiting) >= full_) requests_.give_up_all();
      if (static_cast<std::size_t>(bytes) < buffer_.size() / 2) return;
    }
  }

  void take(std::string_view line, std::uint64_t now_ns) {
    const auto report = parse_report(line);
    if (!report || !carry_out(*report, now_ns)) return ignore(line, report.has_value());
    slot_.report_taken();
  }

  bool carry_out(const Report& report, std::uint64_t now_ns) {
    switch (report.kind) {
      case Report::Kind::begin: requests_.begin(report, now_ns); return true;
      case Report::Kind::end: return requests_.end(report, now_ns);
      case Report::Kind::ready:
        if (!serves_) serve();
        return true;
      case Report::Kind::beat: break;
    }
    beat_ns_ = now_ns;
    beat_due_ = os::Deadline::after(now_ns, silence_);
    if (!is_stopped_) goes_on();
    return true;
  }

  /// The first one is worth a line in the log: whoever writes a program wants to know.
  void ignore(std::string_view line, bool is_report) {
    slot_.report_ignored();
    if (std::exchange(has_ignored_, true)) return;
    const std::string what = is_report ? "no request of that id is in hand" : "it is malformed";
    inheritance_.voice.log(
        child::Mark::warning,
        "a report is ignored, and counted like any later one: " + what + ": " + std::string(line));
  }

  // ── what becomes of it ──

  /// Takes what else has ended below it, too.
  std::optional<os::ExitStatus> reap() {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
      if (info.si_pid == program_.pid()) return program_.reap();
      ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
      info.si_pid = 0;
    }
    return std::nullopt;
  }

  /// Of the program alone: where the whole group is stopped, so is this process.
  void follow_job_control() {
    while (const auto change = program_.job_change()) {
      const std::uint64_t now = telemetry::now_ns();
      is_stopped_ = *change == os::JobChange::stopped;
      if (is_stopped_) {
        if (serves_ && !std::exchange(stands_still_, true)) {
          slot_.step(telemetry::Phase::handling, now);
        }
        beat_due_ = {};
        continue;
      }
      goes_on();
      if (beat_ns_ != 0) {  // it needs a moment
        beat_ns_ = now;
        beat_due_ = os::Deadline::after(now, silence_);
      }
    }
  }

  int end(const os::ExitStatus& status) {
    read_reports();
    end_descendants();
    if (status.core_dumped)
      inheritance_.voice.log(child::Mark::info, "the program has dumped core");
    if (serves_) return end_like(status);
    const std::string how = status.signaled ? "signal " : "exit code ";
    return child::say_why_not(
        inheritance_,
        "the program has ended before it was ready: " + how + std::to_string(status.code),
        child::kExitCannotBootYet);
  }

  void hear_signals() {
    while (const auto signal = signals_.next()) {
      switch (signal->number) {
        case SIGCHLD: break;  // run() looks anyway
        case SIGHUP:
          if (::getppid() != primary_) {
            end_descendants();
            ::_exit(EXIT_FAILURE);
          }
          program_.signal(SIGHUP);
          break;
        case SIGTERM:
        case child::kHandOverSignal:
          slot_.draining();
          program_.signal(SIGTERM);
          break;
        default: program_.signal(signal->number);
      }
    }
  }

  const child::Inheritance& inheritance_;
  telemetry::SlotWriter& slot_;
  const pid_t primary_;
  const std::chrono::nanoseconds silence_;  ///< So long after a beat the next one is overdue.
  os::SignalEvents signals_;
  os::ChildProcess program_;
  os::UniqueFd reports_;
  std::vector<char> buffer_;  ///< As large as the pipe.
  std::size_t full_ = 0;      ///< So many bytes in the pipe, and lines may not have fitted in.
  ReportLines lines_;
  RequestsInHand requests_;
  Connections connections_;
  const bool waits_for_ready_;
  bool serves_ = false;
  bool has_ignored_ = false;
  bool is_stopped_ = false;
  bool stands_still_ = false;  ///< A step is published.
  std::uint64_t beat_ns_ = 0;  ///< Of the latest beat; 0: there was none, and it cannot hang.
  os::Deadline beat_due_;
};

}  // namespace

int run(const Settings& settings, const child::Inheritance& inheritance) {
  const pid_t primary = ::getppid();
  ::prctl(PR_SET_NAME, ("reporter " + std::to_string(inheritance.slot + 1)).c_str());
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Reporter reporter(settings, inheritance, primary);
  // Instead of SIGKILL: what it has adopted would go on.
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  if (::getppid() != primary) return EXIT_FAILURE;
  try {
    reporter.start(settings.command);
  } catch (const std::system_error& error) {
    return child::say_why_not(
        inheritance, std::string("cannot run ") + error.what(),
        may_work_later(error.code().value()) ? child::kExitCannotBootYet : child::kExitCannotBoot);
  }
  return reporter.run();
}

}  // namespace forkscope::program
