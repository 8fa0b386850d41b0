// What a signal does to this process where nothing takes it from a signalfd or catches it
// (signal(7)), and what whoever started the process had decided about that.
#pragma once

#include <initializer_list>

namespace forkscope::os {

/// Whether the process was started with `signal` ignored: nohup(1) does so with SIGHUP, and a shell
/// without job control with SIGINT and SIGQUIT of what it puts into the background. The first call
/// comes before any disposition is changed; all functions here see to that themselves.
bool ignored_at_start(int signal);

/// In a child right after the fork: as the parent found them at its start. SIGCHLD is never
/// ignored, or its children could not be waited for (waitid(2)). What is blocked stays blocked.
void reset_dispositions();

/// For signals that would end or stop a process that has nothing to do with them. A program that it
/// executes ignores them as well (execve(2)).
void ignore_signals(std::initializer_list<int> signals);

}  // namespace forkscope::os
