// The whole life of a worker of the chat, one call from its fork: the loop.
//
// One thread, which waits in Asio alone. It accepts whatever connection the kernel offers it
// (BalancePolicy::kernel): the other policies are agreements between workers that this one does not
// know.
#pragma once

#include "bus/bus.h"
#include "child/child.h"
#include "settings.h"

namespace forkscope::chat {

/// Returns the process's exit code: 0 after a drain. `bus` is shared by all workers.
int run(const Settings& settings, const child::Inheritance& inheritance, bus::Bus& bus);

}  // namespace forkscope::chat
