// The server: parse the options, hand the primary what it is to fork, run.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

#include "api/application.h"
#include "ctl/ctl.h"
#include "options/options.h"
#include "os/dispositions.h"
#include "os/program_name.h"
#include "os/standard_streams.h"
#include "program/program.h"
#include "supervisor/supervisor.h"
#include "worker/worker.h"

int main(int argc, char** argv) {
  forkscope::os::open_standard_streams();
  // A file that is as long as `ulimit -f` allows, a log for instance, is no reason to end; nor is,
  // for a server, that nobody reads its log any more.
  forkscope::os::ignore_signals({SIGXFSZ});
  try {
    if (argc > 1 && std::string_view(argv[1]) == "ctl")
      return forkscope::ctl::run(argc - 1, argv + 1);
    forkscope::os::ignore_signals({SIGPIPE});
    forkscope::About about = forkscope::api::about();
    about.runs_commands = true;
    const auto parsed = forkscope::options::parse(argc, argv, about);
    if (!parsed.settings) return parsed.exit_code;
    const auto& command = parsed.settings->program;
    auto worker = command ? forkscope::program::as_child(*command)
                          : forkscope::worker::as_child(parsed.settings->worker);
    return forkscope::supervisor::Supervisor(parsed.settings->primary, std::move(worker)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", forkscope::os::program_name().c_str(), error.what());
    return EXIT_FAILURE;
  }
}
