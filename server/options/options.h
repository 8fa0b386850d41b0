// argv and environment → what the server is to do.
#pragma once

#include <optional>

#include "application/about.h"
#include "program/program.h"
#include "supervisor/settings.h"
#include "worker/worker.h"

namespace forkscope::options {

/// Everything that a run of the server can be told.
struct Settings {
  supervisor::Settings primary;
  worker::Settings worker;
  /// What `run` is to run, in place of a worker of ours.
  std::optional<program::Settings> program = {};
};

struct Parsed {
  std::optional<Settings> settings;  ///< Nothing: leave with `exit_code`.
  int exit_code = 0;
};

using forkscope::About;

/// Prints help, version, or one line on stderr about what is wrong (exit code 2) by itself. The
/// help names the command `ctl`, which main has to hand to ctl::run(). Throws CLI::Error where
/// `about` leaves out what is not there, or adds what is there already.
Parsed parse(int argc, char** argv, const About& about = {});

}  // namespace forkscope::options
