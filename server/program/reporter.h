// The whole life of a reporter: one call from the fork, which ends as the program has ended.
//
// The only writer of its slot. It publishes a step of the event loop only where the program's does
// not go on: a beat is overdue (half of --hang-after after the one before), or a signal has stopped
// the program; then the primary's hang watch does what it does with any worker. Otherwise it is
// idle, whatever is in hand: a request that waits asynchronously is no hang.
//
// All that descends from the program is adopted here (PR_SET_CHILD_SUBREAPER, prctl(2)), and ends
// when the program does, or when the primary dies. Where the reporter is killed, the kernel kills
// the program (PR_SET_PDEATHSIG), and the primary the rest.
#pragma once

#include "child/child.h"
#include "program/program.h"

namespace forkscope::program {

/// Returns the process's exit code, that of the program; does not return where a signal has killed
/// that.
int run(const Settings& settings, const child::Inheritance& inheritance);

}  // namespace forkscope::program
