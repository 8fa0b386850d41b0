// Frames as bytes: what history keeps in memory and what a recording holds are the same.
//
// A picture is a list of numbers, and consecutive pictures differ in few of them: a frame is
// written as what has changed since the one before. Every so often a key frame starts anew, so that
// reading can begin there. The bytes are described in docs/recording-format.md.
//
//   key  Δ  Δ  Δ … Δ  key  Δ  Δ …
//   └───── group ────┘            an encoder and a decoder carry the picture before, and the
//                                 strings met so far, from frame to frame of a group
//
// Rates are kept to a tenth of a request per second, latencies to a nanosecond, utilisation to a
// thousandth. The visualizer's own CPU use is not kept. Neither class is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "codec/picture_words.h"
#include "picture/frame.h"

namespace forkscope::codec {

inline constexpr std::size_t kFramesPerGroup = 50;
/// No frame is longer, and none that says so is believed.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{1} << 20;

class FrameEncoder {
 public:
  struct Encoded {
    bool key = false;
    std::uint64_t time_ns = 0;
    std::vector<std::byte> bytes;
  };
  Encoded encode(const picture::Frame& frame);

 private:
  std::uint64_t word_of(const std::string& text);

  PictureWords previous_;
  std::map<std::string, std::uint64_t, std::less<>> strings_;
  std::vector<std::string> new_strings_;
  std::size_t frames_ = 0;  // of this group
};

class FrameDecoder {
 public:
  /// The next frame of the group; `key` starts a new one. False: these bytes are no frame, or the
  /// group has not begun; the decoder then waits for the next key frame.
  bool decode(bool key, std::span<const std::byte> bytes, picture::Frame& frame);

 private:
  PictureWords previous_;
  std::vector<std::string> strings_;  // string 1 is the first; 0 is the empty one
  bool begun_ = false;
};

}  // namespace forkscope::codec
