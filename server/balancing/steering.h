// The program by which the kernel chooses the socket for a new connection
// (SO_ATTACH_REUSEPORT_CBPF, socket(7)): classic BPF, which needs no privileges and can be replaced
// while connections come.
//
// What it returns is the number of a socket in its group: 0 is the one that all workers share, 1
// that of slot 0, and so on (port_group.h). Made by the primary.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

#include "forkscope/telemetry/layout.h"

namespace forkscope::balancing {

/// `members` are the slots whose queues take part, ascending. Without any, and under a policy that
/// needs no queues, all connections go to the shared socket. `seed` keeps others from knowing which
/// of their ports leads to which worker.
std::vector<sock_filter> steering_program(telemetry::BalancePolicy policy,
                                          std::span<const std::uint32_t> members,
                                          std::uint32_t seed);

}  // namespace forkscope::balancing
