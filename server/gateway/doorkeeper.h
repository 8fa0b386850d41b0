// Tells what is asked for again from what is asked for once: a table of fixed size that remembers
// one hash per place, the latest. So a flood of new keys makes it forget, and costs nobody anything
// else (the doorkeeper of TinyLFU, Einziger et al. 2017, as one table).
//
// One per response cache, used by its worker's only thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace forkscope::gateway {

class Doorkeeper {
 public:
  /// 64 KiB: between two requests for a key, about this many for other new ones may come.
  static constexpr std::size_t kPlaces = 16 * 1024;

  /// Whether the latest hash in this one's place was the same. Remembers it.
  bool knows(std::uint64_t hash) {
    const auto rest = static_cast<std::uint32_t>(hash >> 32);
    return std::exchange(places_[hash % kPlaces], rest) == rest;
  }

 private:
  std::vector<std::uint32_t> places_ = std::vector<std::uint32_t>(kPlaces);
};

}  // namespace forkscope::gateway
