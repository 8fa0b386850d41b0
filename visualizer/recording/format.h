// The recording file: what lies where. Shared by the recorder and the reader; described for readers
// in other languages in docs/recording-format.md.
//
//   ┌──────────────┐
//   │ FileHeader   │  once
//   ├──────────────┤
//   │ ChunkHeader  │  kind 1: key frame        a group: can be read without what came before
//   │ frame        │
//   │ ChunkHeader  │  kind 2: changed frame    only after its predecessors of the group
//   │ frame        │
//   │ …            │
//   └──────────────┘
//
// Each chunk is appended by one write(2) as soon as its frame is there, and nothing is ever written
// again: the file is readable however the recorder ends, and while it runs. A chunk that was cut
// short fails its checksum. All numbers are little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "codec/frame_codec.h"

namespace forkscope::recording {

static_assert(std::endian::native == std::endian::little, "recordings are little-endian");

inline constexpr std::array<char, 8> kMagic = {'F', 'R', 'K', 'S', 'R', 'E', 'C', '\n'};
inline constexpr std::uint16_t kMajorVersion = 1;  // a reader refuses any other major version
inline constexpr std::uint16_t kMinorVersion = 6;  // a higher minor version only appends

struct FileHeader {
  std::array<char, 8> magic = kMagic;
  std::uint16_t major_version = kMajorVersion;
  std::uint16_t minor_version = kMinorVersion;
  std::uint32_t header_bytes = 32;  ///< The first chunk begins there.
  std::int32_t utc_offset_s = 0;    ///< Seconds east of UTC where it was recorded, at its start.
  std::array<std::uint32_t, 2> reserved{};
  std::uint32_t crc32c = 0;  ///< Of the 28 bytes before.
};
static_assert(sizeof(FileHeader) == 32);

inline constexpr std::uint32_t kChunkMark = 0x4D41'5246;  // "FRAM": where to go on after damage

enum class ChunkKind : std::uint32_t { key_frame = 1, changed_frame = 2 };

struct ChunkHeader {
  std::uint32_t mark = kChunkMark;
  std::uint32_t kind = 0;     ///< ChunkKind; a reader skips those that it does not know.
  std::uint64_t time_ns = 0;  ///< Of the frame: CLOCK_MONOTONIC of the recording machine.
  std::uint32_t bytes = 0;    ///< Of the frame behind this header; at most codec::kMaxFrameBytes.
  std::uint32_t crc32c = 0;   ///< Of kind, time_ns, bytes, and the frame.
};
static_assert(sizeof(ChunkHeader) == 24);

}  // namespace forkscope::recording
