// Checksums by zlib. Knows nothing of HTTP, or of Forkscope.
#pragma once

#include <cstdint>
#include <string_view>

namespace digest {

enum class Algorithm { kCrc32, kAdler32 };

/// Throws std::invalid_argument for a name that is neither crc32 nor adler32.
Algorithm algorithm_named(std::string_view name);

std::uint32_t checksum(Algorithm algorithm, std::string_view text);

}  // namespace digest
