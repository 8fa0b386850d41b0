// argv and environment → what the server is to do.
#pragma once

#include <optional>

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

/// Prints help, version, or one line on stderr about what is wrong (exit code 2) by itself.
Parsed parse(int argc, char** argv);

}  // namespace forkscope::options
