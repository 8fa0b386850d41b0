#include "codec/frame_store.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <span>
#include <utility>

namespace forkscope::codec {

namespace {

constexpr std::size_t kReadings = 4;

}  // namespace

void FrameStore::add(const FrameEncoder::Encoded& encoded) {
  assert(encoded.key || !groups_.empty());
  assert(groups_.empty() || encoded.time_ns > newest_ns());
  if (encoded.key) {
    if (!groups_.empty()) groups_.back().bytes.shrink_to_fit();
    groups_.emplace_back().serial = ++serial_;
  }
  Group& group = groups_.back();
  group.times.push_back(encoded.time_ns);
  group.bytes.insert(group.bytes.end(), encoded.bytes.begin(), encoded.bytes.end());
  group.ends.push_back(group.bytes.size());
  bytes_ += encoded.bytes.size();
  // A group goes when the one after it reaches as far back as is wanted.
  while (groups_.size() > 1 &&
         (groups_[1].times.front() + span_ns_ <= encoded.time_ns || bytes_ > budget_bytes_)) {
    drop_oldest();
  }
}

void FrameStore::drop_oldest() {
  bytes_ -= groups_.front().bytes.size();
  groups_.pop_front();
}

const picture::Snapshot* FrameStore::at(std::uint64_t time_ns) const {
  const auto group = std::upper_bound(
      groups_.begin(), groups_.end(), time_ns,
      [](std::uint64_t time, const Group& other) { return time < other.times.front(); });
  if (group == groups_.begin()) return nullptr;
  const Group& found = *std::prev(group);
  const auto after = std::upper_bound(found.times.begin(), found.times.end(), time_ns);
  return &decode(found, static_cast<std::size_t>(after - found.times.begin()) - 1);
}

const picture::Snapshot* FrameStore::after(std::uint64_t time_ns) const {
  const auto group = std::find_if(groups_.begin(), groups_.end(), [time_ns](const Group& other) {
    return other.times.back() > time_ns;
  });
  if (group == groups_.end()) return nullptr;
  const auto found = std::upper_bound(group->times.begin(), group->times.end(), time_ns);
  return &decode(*group, static_cast<std::size_t>(found - group->times.begin()));
}

const picture::Snapshot& FrameStore::decode(const Group& group, std::size_t frame) const {
  const Place place{group.serial, frame};
  const auto known =
      std::find_if(pictures_.begin(), pictures_.end(),
                   [&place](const Picture& picture) { return picture.place == place; });
  if (known != pictures_.end()) {
    pictures_.splice(pictures_.begin(), pictures_, known);
    return known->snapshot;
  }

  // Goes on with the decoder that is nearest before the frame, or starts a new one at the key.
  auto reading = readings_.end();
  for (auto other = readings_.begin(); other != readings_.end(); ++other) {
    if (other->place.group != place.group || other->place.frame >= frame) continue;
    if (reading == readings_.end() || other->place.frame > reading->place.frame) reading = other;
  }
  std::size_t next = 0;
  if (reading == readings_.end()) {
    reading = readings_.emplace(readings_.begin());
    if (readings_.size() > kReadings) readings_.pop_back();
  } else {
    next = reading->place.frame + 1;
    readings_.splice(readings_.begin(), readings_, reading);
  }
  picture::Frame decoded;
  for (; next <= frame; ++next) {
    const std::size_t begin = next == 0 ? 0 : group.ends[next - 1];
    reading->decoder.decode(
        next == 0, std::span(group.bytes).subspan(begin, group.ends[next] - begin), decoded);
  }
  reading->place = place;
  pictures_.push_front({place, std::move(decoded.picture)});
  if (pictures_.size() > kPictures) pictures_.pop_back();
  return pictures_.front().snapshot;
}

}  // namespace forkscope::codec
