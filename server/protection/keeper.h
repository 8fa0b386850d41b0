// The keeper of a worker: a second process that shares the worker's table of descriptors (clone(2),
// CLONE_FILES), and nothing else. It sleeps. When the worker dies, in whatever way, the table lives
// on in the keeper, and with it the sockets of all clients; asked by the primary, it sends it those
// that can go on elsewhere, and says how many requests are lost.
//
//   hand_over(frozen)            what the worker does not touch; it keeps the table
//   hand_over(dead)              all that can move
//   release                      the worker is dead: unlocks, and closes all that is no connection
//   SIGKILL                      nothing is left to keep: what it still holds is closed
//
// A child of the primary, and dies with it. It blocks all signals; it sleeps without a system
// call. POSIX record locks (fcntl(2)) belong to the table: those that SQLite held stay
// until `release`. A core dump gives the dying worker a table of its own (with the same open
// files), so the locks of flock(2) are given up explicitly. Never before the worker is dead: they
// would be taken from it.
#pragma once

#include <sys/types.h>

#include "protection/ledger.h"

namespace forkscope::protection {

/// By the worker, first of all, with all signals blocked: makes its keeper, which listens at
/// `socket`, and notes its pid, or why there is none, in the ledger. `number` is the worker's.
void start_keeper(const Ledger& ledger, int socket, pid_t primary, unsigned number);

}  // namespace forkscope::protection
