// Tells the primary of a crash at the moment of the fault: the kernel may take seconds to write a
// core dump before it reports the end, and clients do not wait for that.
#pragma once

namespace forkscope::protection {

/// From now on signals that dump core (signal(7)) first send one message over `socket`, and then do
/// what they did before. By the worker, on its first thread; what an application installs later
/// comes before it. A child that a handler forks reports nothing.
void report_crashes(int socket);

}  // namespace forkscope::protection
