// argv and environment → what the server is to do.
#pragma once

#include <optional>

#include "supervisor/settings.h"

namespace forkscope::options {

struct Parsed {
  std::optional<supervisor::Settings> settings;  ///< Nothing: leave with `exit_code`.
  int exit_code = 0;
};

/// Prints help, version, or one line on stderr about what is wrong (exit code 2) by itself.
Parsed parse(int argc, char** argv);

}  // namespace forkscope::options
