// Whose turn it is, if the next connection goes to the one with fewer connections of two that are
// chosen at random: nearly as even as to compare all of them (Mitzenmacher, "The Power of Two
// Choices in Randomized Load Balancing", 2001).
//
// Every worker computes this for itself, and arrives at the same two: chance is a function of the
// turn, which counts the connections.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "balancing/policies.h"

namespace forkscope::balancing {

/// SplitMix64: numbers one after the other become numbers that have nothing to do with each other
/// (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
constexpr std::uint64_t mixed(std::uint64_t number) {
  number += 0x9E37'79B9'7F4A'7C15;
  number = (number ^ (number >> 30)) * 0xBF58'476D'1CE4'E5B9;
  number = (number ^ (number >> 27)) * 0x94D0'49BB'1331'11EB;
  return number ^ (number >> 31);
}

/// `loads` of all slots: connections, or kTakesNobody. Nothing: none of them takes one.
inline std::optional<std::uint32_t> two_choices(std::uint64_t turn,
                                                std::span<const std::uint32_t> loads) {
  std::uint64_t count = 0;
  for (const std::uint32_t load : loads) count += load != kTakesNobody ? 1 : 0;
  if (count == 0) return std::nullopt;
  const std::uint64_t chance = mixed(turn);
  const std::uint64_t first = (chance >> 32) % count;
  // The second one is another one, where there is another one.
  const std::uint64_t second =
      count == 1 ? first : (first + 1 + (chance & 0xFFFF'FFFF) % (count - 1)) % count;
  std::uint32_t first_slot = 0;
  std::uint32_t second_slot = 0;
  std::uint64_t seen = 0;
  for (std::uint32_t slot = 0; slot < loads.size(); ++slot) {
    if (loads[slot] == kTakesNobody) continue;
    if (seen == first) first_slot = slot;
    if (seen == second) second_slot = slot;
    ++seen;
  }
  return loads[second_slot] < loads[first_slot] ? second_slot : first_slot;
}

}  // namespace forkscope::balancing
