#include "recording/recording_reader.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "forkscope/telemetry/crc32c.h"
#include "recording/recording_error.h"

namespace forkscope::recording {

namespace {

constexpr std::size_t kCoveredFrom = offsetof(ChunkHeader, kind);
constexpr std::size_t kCoveredTo = offsetof(ChunkHeader, crc32c);

bool is_frame(std::uint32_t kind) {
  return kind == static_cast<std::uint32_t>(ChunkKind::key_frame) ||
         kind == static_cast<std::uint32_t>(ChunkKind::changed_frame);
}

}  // namespace

RecordingReader::RecordingReader(std::span<const std::byte> file) : file_(file) {
  if (file.empty()) throw RecordingError("the file is empty");
  const std::size_t magic = std::min(file.size(), kMagic.size());
  if (std::memcmp(file.data(), kMagic.data(), magic) != 0) {
    throw RecordingError("this is not a Forkscope recording");
  }
  if (file.size() < sizeof header_) throw RecordingError("it was cut off before its first frame");
  std::memcpy(&header_, file.data(), sizeof header_);
  if (header_.crc32c != telemetry::crc32c(file.first(offsetof(FileHeader, crc32c)))) {
    throw RecordingError("its header is damaged");
  }
  if (header_.major_version != kMajorVersion) {
    throw RecordingError("it has format version " + std::to_string(header_.major_version) +
                         ", this program reads " + std::to_string(kMajorVersion));
  }
  if (header_.header_bytes < sizeof header_) throw RecordingError("its header contradicts itself");
  offset_ = std::min<std::size_t>(header_.header_bytes, file.size());
  effort_ = 16 * std::uint64_t{codec::kMaxFrameBytes};
}

std::optional<RecordingReader::Chunk> RecordingReader::chunk_at(std::size_t offset) const {
  if (offset > file_.size() || file_.size() - offset < sizeof(ChunkHeader)) return std::nullopt;
  Chunk chunk;
  std::memcpy(&chunk.header, file_.data() + offset, sizeof chunk.header);
  if (chunk.header.mark != kChunkMark || chunk.header.bytes > codec::kMaxFrameBytes ||
      chunk.header.bytes > file_.size() - offset - sizeof chunk.header) {
    return std::nullopt;
  }
  chunk.frame = file_.subspan(offset + sizeof chunk.header, chunk.header.bytes);
  const auto covered = file_.subspan(offset + kCoveredFrom, kCoveredTo - kCoveredFrom);
  if (telemetry::crc32c(chunk.frame, telemetry::crc32c(covered)) != chunk.header.crc32c)
    return std::nullopt;
  return chunk;
}

/// Goes on to the next intact chunk behind `offset_`, or to the end.
void RecordingReader::skip_damage() {
  const std::size_t from = offset_;
  wants_key_ = true;
  const auto* mark = reinterpret_cast<const std::byte*>(&kChunkMark);
  for (;;) {
    const auto rest = file_.subspan(std::min(offset_ + 1, file_.size()));
    const auto found = std::search(rest.begin(), rest.end(), mark, mark + sizeof kChunkMark);
    // Every mark costs a checksum of what may follow. A file that is full of false ones is not
    // worth more of them.
    const bool last = found == rest.end() || effort_ < codec::kMaxFrameBytes;
    offset_ = last ? file_.size() : static_cast<std::size_t>(&*found - file_.data());
    if (last) {
      condition_.cut_bytes += offset_ - from;
      return;
    }
    if (chunk_at(offset_)) break;
    effort_ -= std::min(codec::kMaxFrameBytes, file_.size() - offset_);
  }
  condition_.damaged_bytes += offset_ - from;
}

std::optional<RecordingReader::Chunk> RecordingReader::next_chunk() {
  while (offset_ < file_.size()) {
    const auto chunk = chunk_at(offset_);
    if (!chunk) {
      skip_damage();
      continue;
    }
    offset_ += sizeof(ChunkHeader) + chunk->frame.size();
    if (is_frame(chunk->header.kind)) return chunk;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> RecordingReader::skip() {
  const auto chunk = next_chunk();
  if (!chunk) return std::nullopt;
  wants_key_ = true;
  return chunk->header.time_ns;
}

std::optional<picture::Frame> RecordingReader::next() {
  while (const auto chunk = next_chunk()) {
    const bool key = chunk->header.kind == static_cast<std::uint32_t>(ChunkKind::key_frame);
    picture::Frame frame;
    const bool readable = (key || !wants_key_) && decoder_.decode(key, chunk->frame, frame) &&
                          frame.picture.time_ns == chunk->header.time_ns &&
                          frame.picture.time_ns > latest_ns_;
    wants_key_ = !readable;
    if (readable) {
      latest_ns_ = frame.picture.time_ns;
      ++condition_.frames;
      return frame;
    }
    condition_.damaged_bytes += sizeof(ChunkHeader) + chunk->frame.size();
  }
  return std::nullopt;
}

}  // namespace forkscope::recording
