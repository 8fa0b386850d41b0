// What is not known of a server whose workers run a program (server/program/): nobody but the
// program knows its requests, and it need not tell.
#pragma once

#include "picture/snapshot.h"

namespace forkscope::words {

/// In place of a figure that nobody has told.
inline constexpr const char* kUntold = "–";

/// Where requests would be listed.
inline constexpr const char* kTellsNoRequests = "This program does not tell its requests.";
/// The same, with what is known all the same.
inline constexpr const char* kOnlyTheKernelTells =
    "This program does not tell its requests: processes, CPU and connections are what the kernel "
    "knows.";

/// The workers run a program.
bool runs_program(const picture::Snapshot& picture);
/// False: they do, and none has ever told of a request or a beat.
bool tells_requests(const picture::Snapshot& picture);

}  // namespace forkscope::words
