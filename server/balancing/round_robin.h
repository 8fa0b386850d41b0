// Whose turn it is, if the next number always takes the next connection, as Node's cluster has it.
//
// Every worker computes this for itself, from the same turn, which goes round the slots and never
// back: it begins behind the slot that took the last connection. Who takes nobody is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "balancing/policies.h"

namespace forkscope::balancing {

/// `loads` of all slots: connections, or kTakesNobody. Nothing: none of them takes one.
inline std::optional<std::uint32_t> round_robin(std::uint64_t turn,
                                                std::span<const std::uint32_t> loads) {
  for (std::size_t step = 0; step < loads.size(); ++step) {
    const std::size_t slot = (turn + step) % loads.size();
    if (loads[slot] != kTakesNobody) return static_cast<std::uint32_t>(slot);
  }
  return std::nullopt;
}

/// The turn that follows when `slot` has taken a connection, or is passed over.
constexpr std::uint64_t turn_behind(std::uint64_t turn, std::uint32_t slot, std::size_t slots) {
  return turn + (slot + slots - turn % slots) % slots + 1;
}

}  // namespace forkscope::balancing
