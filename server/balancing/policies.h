// What the policies of new connections have in common, and where they differ.
//
//   least         least.h         one queue that all workers share; each takes what is its part,
//   and round-robin   round_robin.h   calls whoever else's turn it is (gateway/acceptor.h)
//   two-choices   two_choices.h
//   kernel        nothing         the same queue; whoever the kernel wakes takes one
//   hash          steering.h      a queue per worker (port_group.h): the kernel has decided before
//   random        steering.h      any worker sees the connection
#pragma once

#include <cstdint>

#include "forkscope/telemetry/layout.h"

namespace forkscope::balancing {

/// In place of the connections that a worker has: it takes nobody.
inline constexpr std::uint32_t kTakesNobody = UINT32_MAX;

/// Whether the kernel puts each connection into a queue that is one worker's alone.
constexpr bool has_queues(telemetry::BalancePolicy policy) {
  return policy == telemetry::BalancePolicy::hash || policy == telemetry::BalancePolicy::random;
}

/// Whether one worker at a time has its turn, for one connection.
constexpr bool takes_turns(telemetry::BalancePolicy policy) {
  return policy == telemetry::BalancePolicy::round_robin ||
         policy == telemetry::BalancePolicy::two_choices;
}

/// Whether it looks at how many connections each worker has: then those that are open are evened
/// out as well when a worker joins.
constexpr bool compares_loads(telemetry::BalancePolicy policy) {
  return policy == telemetry::BalancePolicy::least ||
         policy == telemetry::BalancePolicy::two_choices;
}

}  // namespace forkscope::balancing
