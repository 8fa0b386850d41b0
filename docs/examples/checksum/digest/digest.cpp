#include "digest/digest.h"

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace digest {

Algorithm algorithm_named(std::string_view name) {
  if (name == "crc32") return Algorithm::kCrc32;
  if (name == "adler32") return Algorithm::kAdler32;
  throw std::invalid_argument("there is no checksum '" + std::string(name) +
                              "', only crc32 and adler32");
}

std::uint32_t checksum(Algorithm algorithm, std::string_view text) {
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  const bool is_crc = algorithm == Algorithm::kCrc32;
  const uLong start = is_crc ? crc32_z(0, nullptr, 0) : adler32_z(0, nullptr, 0);
  return static_cast<std::uint32_t>(is_crc ? crc32_z(start, bytes, text.size())
                                           : adler32_z(start, bytes, text.size()));
}

}  // namespace digest
