// FNV-1a, 64 bit: the hash that the segment uses for paths and for its own section table
// (RFC draft "The FNV Non-Cryptographic Hash Algorithm").
#pragma once

#include <cstdint>
#include <string_view>

namespace forkscope::telemetry {

constexpr std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace forkscope::telemetry
