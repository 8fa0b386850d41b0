// How many of the connections that wait are ours, if each goes to whoever has the fewest, and to us
// among equals.
//
// Every worker computes this for itself, from what it sees at that moment. Connections that wait
// and those that are open only change places when one is accepted, so all of them arrive at the
// same level, in whatever order they look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace forkscope::balancing {

/// `own` and `peers`: connections that we and the available peers have. `most` at the most.
inline std::size_t fair_share(std::uint64_t own, std::span<const std::uint32_t> peers,
                              std::size_t waiting, std::size_t most) {
  std::size_t share = 0;
  while (share < most) {
    const std::uint64_t level = own + share;  // the next one is ours when nobody is below it
    std::size_t before_us = 0;
    for (const std::uint32_t peer : peers) {
      if (peer < level) before_us += level - peer;
      if (before_us + share >= waiting) return share;
    }
    if (before_us + share >= waiting) return share;
    ++share;
  }
  return share;
}

}  // namespace forkscope::balancing
