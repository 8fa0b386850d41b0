// The pictures of the past, kept as encoded frames and decoded when somebody asks.
//
// At 256 busy workers a frame takes about a tenth of the picture that it stands for. Whole groups
// are dropped: what is older than the span, or does not fit into the budget any more. Main thread
// only; the cache behind at() is why a `const` store must not be shared by threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <vector>

#include "codec/frame_codec.h"

namespace forkscope::codec {

class FrameStore {
 public:
  FrameStore(std::uint64_t span_ns, std::size_t budget_bytes)
      : span_ns_(span_ns), budget_bytes_(budget_bytes) {}

  /// Times ascend. The first frame is a key frame.
  void add(const FrameEncoder::Encoded& encoded);

  /// The newest picture that is not younger than `time_ns`; null when there is none. Stays valid
  /// until the pictures of kPictures other moments were asked for.
  const picture::Snapshot* at(std::uint64_t time_ns) const;
  /// The oldest picture that is younger than `time_ns`; null when there is none. Valid as long.
  const picture::Snapshot* after(std::uint64_t time_ns) const;

  std::uint64_t oldest_ns() const { return groups_.empty() ? 0 : groups_.front().times.front(); }
  std::uint64_t newest_ns() const { return groups_.empty() ? 0 : groups_.back().times.back(); }
  std::size_t bytes() const { return bytes_; }

  static constexpr std::size_t kPictures = 16;

 private:
  struct Group {
    std::uint64_t serial = 0;
    std::vector<std::uint64_t> times;  // of each frame
    std::vector<std::size_t> ends;     // of each frame, in `bytes`
    std::vector<std::byte> bytes;
  };
  /// A place among the frames.
  struct Place {
    std::uint64_t group = 0;
    std::size_t frame = 0;
    bool operator==(const Place&) const = default;
  };
  struct Picture {
    Place place;
    picture::Snapshot snapshot;
  };
  /// A decoder, and the frame that it decoded last: it can go on from there.
  struct Reading {
    Place place;
    FrameDecoder decoder;
  };

  void drop_oldest();
  const picture::Snapshot& decode(const Group& group, std::size_t frame) const;

  std::uint64_t span_ns_;
  std::size_t budget_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t serial_ = 0;
  std::deque<Group> groups_;
  mutable std::list<Picture> pictures_;  // most recently used first
  mutable std::list<Reading> readings_;  // most recently used first
};

}  // namespace forkscope::codec
