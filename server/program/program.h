// A worker that runs a program of somebody else's: `todos-server run -- COMMAND…`.
//
//   primary ──fork──▶ reporter ──fork, exec──▶ COMMAND, and whatever that starts
//      ▲  kills the group  │ ▲                   │
//      │                   │ └── lines ──────────┘ descriptor 4, if it likes
//      └── telemetry slot ─┘
//
// The process that the primary has forked stays, as the reporter (reporter.h): it writes to the
// telemetry slot what the program tells and what the kernel knows of it, passes signals on, and
// ends as the program has ended.
#pragma once

#include <string>
#include <vector>

#include "child/child.h"

namespace forkscope::program {

struct Settings {
  std::vector<std::string> command;  ///< As execvp(3) takes it; not empty.
  /// It serves when it says so (the report "ready"), and not as soon as it is executed.
  bool waits_for_ready = false;
};

/// A worker that runs the program, for the primary to fork.
child::Child as_child(const Settings& settings);

}  // namespace forkscope::program
