#include "worker/worker.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "api/application.h"
#include "application/log.h"
#include "bus/member.h"
#include "forkscope/telemetry/names.h"
#include "os/caught_signals.h"
#include "os/program_name.h"

namespace forkscope::worker {

namespace {

/// Any other process that wakes up runs before a worker, and a worker that wakes up interrupts
/// nobody (SCHED_BATCH, sched(7)). So the primary is on time when all cores are taken, and under
/// heavy traffic a worker finds more requests each time it wakes up, instead of changing places
/// with its clients for every one: that saves a tenth of the CPU time per request. Programs that
/// handlers start would inherit it, and no flag prevents that; the hook takes it from every forked
/// child.
void be_a_batch_process() {
  static constexpr sched_param kNoPriority{};
  ::sched_setscheduler(0, SCHED_BATCH, &kNoPriority);  // works without it, too
  ::pthread_atfork(nullptr, nullptr, [] { ::sched_setscheduler(0, SCHED_OTHER, &kNoPriority); });
}

/// Pins this process to one of the CPUs that the primary may use: to each its own, in turn. Throws
/// std::system_error where that is denied, because --pin has asked for it.
void stay_on_one_cpu(std::uint32_t slot) {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return;  // more than 1024: no pinning
  auto left = slot % static_cast<std::uint32_t>(CPU_COUNT(&usable));
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable) || left-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) {
      throw std::system_error(errno, std::generic_category(), "--pin: sched_setaffinity");
    }
    return;
  }
}

child::Mark mark_of(LogLevel level) {
  switch (level) {
    case LogLevel::info: return child::Mark::info;
    case LogLevel::warning: return child::Mark::warning;
    case LogLevel::error: break;
  }
  return child::Mark::error;
}

/// What a worker has open beside its connections and everybody's eventfds: the standard streams,
/// its voice, what its event loop waits for, the sockets of its protection, the database, and what
/// it leaves to successors.
constexpr std::uint64_t kOtherFiles = 20;

}  // namespace

child::Child as_child(const Settings& settings) {
  child::Child child;
  std::shared_ptr<bus::Bus> bus;
  if (settings.messages_among > 0) bus = std::make_shared<bus::Bus>(settings.messages_among);
  child.run = [settings, board = std::make_shared<gateway::LoadBoard>(),
               bus](const child::Inheritance& inheritance) {
    return run(settings, inheritance, *board, bus.get());
  };
  child.scheme = "http";
  child.faults_enabled = settings.faults_enabled;
  child.max_connections = settings.limits.max_connections;
  child.follows_policies = true;
  if (bus) child.descriptors = bus->descriptors();
  child.other_files = kOtherFiles + settings.limits.max_lingering + child.descriptors.size();
  return child;
}

int run(const Settings& settings, const child::Inheritance& inheritance,
        const gateway::LoadBoard& board, bus::Bus* bus) {
  os::name_process("worker", inheritance.slot + 1);
  // The whole process group gets the first of these from a terminal, and the primary decides what
  // they mean; the last two are errors of send(2) and write(2) instead.
  os::CaughtSignals signals({SIGTERM, child::kHandOverSignal},
                            {SIGINT, SIGQUIT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGPIPE, SIGXFSZ});

  send_log_to([&voice = inheritance.voice](LogLevel level, std::string_view line) {
    voice.log(mark_of(level), line);
  });
  std::optional<protection::Ledger> nobodys;  // where nobody protects this worker
  if (inheritance.protection == nullptr) nobodys.emplace(0U);
  protection::WorkerEnd protection(inheritance.protection != nullptr
                                       ? *inheritance.protection
                                       : protection::Inheritance{*nobodys});
  const os::EventFd application_wake;
  std::optional<bus::Member> messages;
  std::unique_ptr<gateway::Application> application;
  std::unique_ptr<gateway::EventLoop> loop;
  try {
    if (settings.pin) stay_on_one_cpu(inheritance.slot);
    if (bus != nullptr) messages.emplace(*bus, inheritance.slot);
    application = api::make_application(
        {settings.database, settings.faults_enabled, &inheritance.view,
         [&loop] { return loop != nullptr && loop->draining(); }, application_wake.fd(),
         inheritance.heirlooms,
         [&voice = inheritance.voice](telemetry::BalancePolicy policy) {
           return voice.say(child::Mark::balance, telemetry::to_string(policy));
         },
         messages ? &*messages : nullptr});
    loop = std::make_unique<gateway::EventLoop>(
        settings.limits,
        gateway::EventLoop::Surroundings{
            {inheritance.slot + 1, ::getpid()},
            inheritance.listening_socket,
            inheritance.queues,
            inheritance.view,
            inheritance.writer,
            board,
            inheritance.wake,
            application_wake,
            signals,
            settings.trusted_proxies,
            protection,
            [&voice = inheritance.voice](const gateway::Thrown& it) {
              voice.exception({it.request, it.method, it.path, it.what});
            }},
        *application);
  } catch (const gateway::NotYet& error) {
    return child::say_why_not(inheritance, error.what(), child::kExitCannotBootYet);
  } catch (const std::exception& error) {
    return child::say_why_not(inheritance, error.what(), child::kExitCannotBoot);
  }
  // The application knows now whether it has opened the same.
  for (const int fd : inheritance.heirlooms) ::close(fd);

  signals.catch_again();
  if (!application->starts_programs()) be_a_batch_process();
  child::say_ready(inheritance, application->heirlooms());
  loop->run();
  return EXIT_SUCCESS;
}

}  // namespace forkscope::worker
