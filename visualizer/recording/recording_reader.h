// Reads the frames of a recording, and trusts nothing in it.
//
// What is damaged is left out: after a chunk that fails its checksum or does not decode, reading
// goes on at the next intact key frame. Borrows the bytes. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "codec/frame_codec.h"
#include "recording/format.h"

namespace forkscope::recording {

/// How much of a file was what it should be.
struct Condition {
  std::uint64_t frames = 0;         ///< Read.
  std::uint64_t damaged_bytes = 0;  ///< Skipped, in the middle of the file.
  std::uint64_t cut_bytes = 0;      ///< At the end: a chunk that is not whole.
};

class RecordingReader {
 public:
  /// Throws RecordingError (without the file's name) when this is no recording, or one that this
  /// program cannot read.
  explicit RecordingReader(std::span<const std::byte> file);

  /// The next frame, or nothing at the end. Times ascend.
  std::optional<picture::Frame> next();
  /// Passes over the next frame without decoding it, and gives its time; nothing at the end.
  std::optional<std::uint64_t> skip();

  const FileHeader& header() const { return header_; }
  const Condition& condition() const { return condition_; }

 private:
  struct Chunk {
    ChunkHeader header;
    std::span<const std::byte> frame;
  };
  /// The intact chunk at `offset`, if there is one.
  std::optional<Chunk> chunk_at(std::size_t offset) const;
  /// The next chunk with a frame in it, past whatever is damaged before it.
  std::optional<Chunk> next_chunk();
  void skip_damage();

  std::span<const std::byte> file_;
  FileHeader header_;
  Condition condition_;
  std::size_t offset_ = 0;
  std::uint64_t effort_ = 0;  // bytes that may still be checksummed in search of an intact chunk
  bool wants_key_ = true;
  std::uint64_t latest_ns_ = 0;
  codec::FrameDecoder decoder_;
};

}  // namespace forkscope::recording
