// What every connection of a worker needs to know about it. Owned by the worker (worker.cpp), which
// outlives its connections.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "child/voice.h"
#include "forkscope/telemetry/slot_writer.h"
#include "settings.h"
#include "step_executor.h"

namespace forkscope::chat {

/// Since this process began; shown at /v1/chat.
struct Counts {
  std::uint64_t messages_in = 0;   ///< Packets of Socket.IO from clients.
  std::uint64_t messages_out = 0;  ///< And to them, handed to the kernel.
  std::uint64_t bytes_queued = 0;  ///< Of packets that were sent, or still wait.
  std::uint64_t dropped = 0;       ///< Clients that did not read.
  std::uint64_t bus_lost = 0;      ///< Messages of other workers that came too fast for this one.
};

struct Surroundings {
  std::uint32_t number;  ///< Of the worker, from 1.
  pid_t pid;
  const Settings& settings;
  StepExecutor executor;        ///< For everything that waits.
  telemetry::SlotWriter& slot;  ///< To be seen.
  child::Voice& voice;          ///< To be heard: by the log.
  Counts& counts;
};

}  // namespace forkscope::chat
