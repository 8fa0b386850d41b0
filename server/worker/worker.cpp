#include "worker/worker.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "api/application.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/worker_report.h"
#include "os/signal_events.h"

namespace forkscope::worker {

namespace {

/// What ps(1) and top(1) show.
void set_process_name(std::uint32_t number) {
  const std::string name = "todos worker " + std::to_string(number);
  ::prctl(PR_SET_NAME, name.c_str());
}

void tell_primary(int boot_pipe, std::string_view message) {
  // It fits into the pipe; if the primary is gone, so are we.
  if (::write(boot_pipe, message.data(), message.size()) < 0) std::perror("boot pipe");
  ::close(boot_pipe);
}

}  // namespace

int run(const Settings& settings, const Inheritance& inheritance) {
  set_process_name(inheritance.slot + 1);
  // The whole process group gets some of these from a terminal, and the primary decides what they
  // mean; the last two are errors of send(2) and write(2) instead.
  os::ignore_signals({SIGINT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ});
  const os::SignalEvents signals({SIGTERM});

  const telemetry::Segment& segment = *inheritance.segment;
  segment.confine_to_slot(inheritance.slot);
  const auto view = telemetry::SegmentView::over(segment.data(), segment.size());
  telemetry::SlotWriter slot = segment.slot(inheritance.slot);
  slot.start_generation(inheritance.generation, telemetry::now_ns());

  std::unique_ptr<gateway::Application> application;
  std::unique_ptr<gateway::EventLoop> loop;
  try {
    application = api::make_application({settings.database, settings.faults_enabled, &view,
                                         [&loop] { return loop != nullptr && loop->draining(); }});
    loop = std::make_unique<gateway::EventLoop>(
        settings.limits,
        gateway::EventLoop::Surroundings{{inheritance.slot + 1, ::getpid()},
                                         inheritance.listening_socket,
                                         settings.balance,
                                         view,
                                         slot,
                                         *inheritance.wake,
                                         signals},
        *application);
  } catch (const std::exception& error) {
    tell_primary(inheritance.boot_pipe, error.what());
    return kExitCannotBoot;
  }

  slot.ready(telemetry::now_ns());
  tell_primary(inheritance.boot_pipe, std::string_view(&kReadyMark, 1));
  loop->run();
  return EXIT_SUCCESS;
}

}  // namespace forkscope::worker
