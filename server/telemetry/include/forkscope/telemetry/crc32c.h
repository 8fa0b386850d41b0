// CRC-32C (Castagnoli, RFC 3720 appendix B.4): of the segment's header, and of recordings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace forkscope::telemetry {

/// `crc` is the checksum of what comes before `bytes`; 0 for nothing.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace forkscope::telemetry
