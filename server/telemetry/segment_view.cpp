#include "forkscope/telemetry/segment_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include "forkscope/telemetry/crc32c.h"
#include "forkscope/telemetry/fnv.h"

namespace forkscope::telemetry {

namespace {

/// What this program needs of each section: at least these record words, exactly this kind.
struct Expected {
  SectionId id;
  std::uint32_t min_record_words;
  bool lane;
  bool per_slot;
};

constexpr Expected kExpected[kSectionCount] = {
    {SectionId::beat, kBeatWords, true, false},
    {SectionId::roster, kRosterWordsBefore4, true, true},
    {SectionId::events, kEventWords, true, false},
    {SectionId::progress, kProgressWords, false, true},
    {SectionId::counters, kCountersWordsBefore4, false, true},
    {SectionId::current, kCurrentWords, true, true},
    {SectionId::requests, kRequestWords, true, true},
    {SectionId::histogram, kHistogramBuckets, false, true},
};

constexpr std::uint32_t kMaxRecordWords = 4096;
constexpr std::uint32_t kMaxCapacity = 1U << 20;

std::uint64_t item_bytes(const Section& section) {
  return section.capacity > 0 ? lane_bytes(section.record_words, section.capacity)
                              : section.record_words * sizeof(Word);
}

std::uint64_t section_end(const Section& section) {
  return section.offset + section.stride * (section.count - 1) + item_bytes(section);
}

/// Sections of the slots interleave: with one stride and count for both, it is enough that the two
/// items of the first slot lie apart and within one stride. Others must lie apart as a whole.
bool overlap(const Section& a, const Section& b) {
  const Section& low = a.offset <= b.offset ? a : b;
  const Section& high = a.offset <= b.offset ? b : a;
  if (low.stride == high.stride && low.count == high.count &&
      high.offset - low.offset < low.stride) {
    return low.offset + item_bytes(low) > high.offset ||
           high.offset + item_bytes(high) > low.offset + low.stride;
  }
  return section_end(low) > high.offset;
}

void check_section(const Header& header, const Section& section, const Expected& expected) {
  const std::string name = "section " + std::to_string(section.id);
  if (section.id != static_cast<std::uint32_t>(expected.id)) {
    throw SegmentError("telemetry: " + name + " is out of place");
  }
  const bool lane = section.capacity != 0;
  const bool sane_capacity = !lane || (section.capacity >= 2 && section.capacity <= kMaxCapacity &&
                                       std::has_single_bit(section.capacity));
  if (lane != expected.lane || !sane_capacity || section.record_words < expected.min_record_words ||
      section.record_words > kMaxRecordWords) {
    throw SegmentError("telemetry: " + name + " has an impossible shape");
  }
  const std::uint32_t count = expected.per_slot ? header.slot_count : 1;
  if (section.count != count || section.offset % sizeof(Word) != 0 ||
      section.stride % sizeof(Word) != 0 || section.stride < item_bytes(section) ||
      section.stride > header.total_bytes || section.offset < header.header_bytes ||
      section.offset > header.total_bytes || section_end(section) > header.total_bytes) {
    throw SegmentError("telemetry: " + name + " lies outside the segment");
  }
}

/// A copy of plain words, each taken by a single load. Of more than there are, the rest is zero.
template <typename Struct>
Struct load_struct(const Word* words, std::uint32_t available) {
  Struct result{};
  auto* target = reinterpret_cast<std::byte*>(&result);
  const std::size_t count = std::min<std::size_t>(sizeof(Struct) / sizeof(Word), available);
  for (std::size_t i = 0; i < count; ++i) {
    const Word word = load_relaxed(words + i);
    std::memcpy(target + i * sizeof(Word), &word, sizeof(Word));
  }
  return result;
}

}  // namespace

SegmentView SegmentView::map_read_only(int fd) {
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) {
    throw SegmentError("telemetry: the descriptor is not a sealed memfd");
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size < static_cast<off_t>(kHeaderBytes) ||
      static_cast<std::uint64_t>(info.st_size) > kMaxSegmentBytes) {
    throw SegmentError("telemetry: the segment has an impossible size");
  }
  const auto bytes = static_cast<std::size_t>(info.st_size);
  void* address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) {
    throw SegmentError(std::string("telemetry: mmap: ") + std::strerror(errno));
  }
  SegmentView view;
  view.mapping_ = Mapping(address, bytes);
  view.data_ = view.mapping_.data();
  view.validate(bytes);
  return view;
}

SegmentView SegmentView::over(const std::byte* data, std::size_t bytes) {
  if (bytes < kHeaderBytes) throw SegmentError("telemetry: the segment has an impossible size");
  SegmentView view;
  view.data_ = data;
  view.validate(bytes);
  return view;
}

void SegmentView::validate(std::size_t bytes) {
  if (load_acquire(reinterpret_cast<const Word*>(data_)) != kMagic) {
    throw SegmentError("telemetry: this is not a Forkscope segment");
  }
  std::memcpy(&header_, data_, sizeof header_);
  if (header_.major_version != kMajorVersion) {
    throw SegmentError("telemetry: the server speaks version " +
                       std::to_string(header_.major_version) + ", this program speaks " +
                       std::to_string(kMajorVersion));
  }
  if (header_.crc32c != header_crc32c(header_)) {
    throw SegmentError("telemetry: the header's checksum is wrong");
  }
  if (header_.endian_mark != kEndianMark || header_.word_bytes != sizeof(Word) ||
      header_.header_bytes != kHeaderBytes || header_.total_bytes > bytes ||
      header_.slot_count == 0 || header_.slot_count > kMaxSlots ||
      header_.section_count != kSectionCount || header_.port > 0xFFFF) {
    throw SegmentError("telemetry: the header contradicts itself");
  }
  if (header_.layout_hash != section_table_hash(header_)) {
    throw SegmentError("telemetry: the section table's hash is wrong");
  }
  for (std::uint32_t i = 0; i < kSectionCount; ++i) {
    check_section(header_, header_.sections[i], kExpected[i]);
    for (std::uint32_t j = 0; j < i; ++j) {
      if (overlap(header_.sections[i], header_.sections[j])) {
        throw SegmentError("telemetry: sections overlap");
      }
    }
  }
  header_.host[sizeof header_.host - 1] = '\0';
  header_.server_version[sizeof header_.server_version - 1] = '\0';
}

const Section& SegmentView::section(SectionId id) const {
  return header_.sections[static_cast<std::uint32_t>(id) - 1];
}

const Word* SegmentView::item(SectionId id, std::uint32_t index) const {
  const Section& where = section(id);
  return reinterpret_cast<const Word*>(data_ + where.offset +
                                       where.stride * std::min(index, where.count - 1));
}

std::optional<BeatRecord> SegmentView::beat() const {
  const Section& where = section(SectionId::beat);
  return LaneReader<BeatRecord>(item(SectionId::beat, 0), where.record_words, where.capacity)
      .latest();
}

std::optional<RosterRecord> SegmentView::roster(std::uint32_t slot) const {
  const Section& where = section(SectionId::roster);
  return LaneReader<RosterRecord>(item(SectionId::roster, slot), where.record_words, where.capacity)
      .latest();
}

Progress SegmentView::progress(std::uint32_t slot) const {
  return load_struct<Progress>(item(SectionId::progress, slot), kProgressWords);
}

Counters SegmentView::counters(std::uint32_t slot) const {
  return load_struct<Counters>(item(SectionId::counters, slot),
                               section(SectionId::counters).record_words);
}

std::uint64_t SegmentView::writes_parked(std::uint32_t slot) const {
  constexpr std::size_t kWord = offsetof(Counters, writes_parked) / sizeof(Word);
  return load_relaxed(item(SectionId::counters, slot) + kWord);
}

std::optional<CurrentRecord> SegmentView::latest_request(std::uint32_t slot) const {
  const Section& where = section(SectionId::current);
  auto record =
      LaneReader<CurrentRecord>(item(SectionId::current, slot), where.record_words, where.capacity)
          .latest();
  if (record) record->path_bytes = std::min<std::uint16_t>(record->path_bytes, kPathBytes);
  return record;
}

std::optional<InFlight> SegmentView::in_flight(std::uint32_t slot) const {
  const auto record = latest_request(slot);
  if (!record) return std::nullopt;
  constexpr std::size_t kDone = offsetof(Progress, requests_done) / sizeof(Word);
  if (record->id <= load_acquire(item(SectionId::progress, slot) + kDone)) return std::nullopt;
  const auto method = record->method <= static_cast<std::uint8_t>(Method::options)
                          ? static_cast<Method>(record->method)
                          : Method::other;
  return InFlight{record->id, record->start_ns, record->connection, method,
                  std::string(record->path, record->path_bytes)};
}

LaneReader<RequestRecord> SegmentView::requests(std::uint32_t slot) const {
  const Section& where = section(SectionId::requests);
  return {item(SectionId::requests, slot), where.record_words, where.capacity};
}

std::uint64_t SegmentView::begun_and_not_ended(std::uint32_t slot) const {
  const Counters totals = counters(slot);
  const std::uint64_t ended = requests(slot).head() + totals.unended + totals.shown_again;
  const std::uint64_t begun = load_acquire(item(SectionId::current, slot));
  return begun - std::min(begun, ended);
}

void SegmentView::histogram(std::uint32_t slot, std::vector<std::uint64_t>& counts) const {
  const Word* words = item(SectionId::histogram, slot);
  counts.resize(kHistogramBuckets);
  for (std::uint32_t i = 0; i < kHistogramBuckets; ++i) counts[i] = load_relaxed(words + i);
}

std::uint64_t SegmentView::requests_total(std::uint32_t slot) const {
  const Counters totals = counters(slot);
  std::uint64_t sum = 0;
  for (const std::uint64_t responses : totals.responses) sum += responses;
  return sum;
}

LaneReader<EventRecord> SegmentView::events() const {
  const Section& where = section(SectionId::events);
  return {item(SectionId::events, 0), where.record_words, where.capacity};
}

std::uint32_t header_crc32c(const Header& header) {
  Header copy = header;
  copy.magic = 0;
  copy.crc32c = 0;
  return crc32c(std::as_bytes(std::span(&copy, 1)));
}

std::uint64_t section_table_hash(const Header& header) {
  return fnv1a({reinterpret_cast<const char*>(header.sections), sizeof header.sections});
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  return result;
}

}  // namespace forkscope::telemetry
