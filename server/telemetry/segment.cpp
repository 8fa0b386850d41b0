#include "forkscope/telemetry/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/histogram.h"
#include "forkscope/telemetry/process_stat.h"
#include "forkscope/telemetry/segment_view.h"

namespace forkscope::telemetry {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Lays sections out one behind the other; see the picture in layout.h.
class LayoutPlan {
 public:
  LayoutPlan(Header& header, std::uint64_t page) : header_(header), page_(page) {}

  void start_page() { offset_ = round_up(offset_, page_); }
  std::uint64_t offset() const { return offset_; }

  void add_lanes(SectionId id, std::uint32_t count, std::uint32_t record_words,
                 std::uint32_t capacity) {
    const std::uint64_t stride = lane_bytes(record_words, capacity);
    add(id, stride, count, record_words, capacity);
    offset_ += stride * count;
  }

  /// One part of a slot. All parts of all slots share a stride, set by finish_slots().
  void add_slot_part(SectionId id, std::uint32_t record_words, std::uint32_t capacity) {
    add(id, 0, header_.slot_count, record_words, capacity);
    offset_ += capacity > 0 ? lane_bytes(record_words, capacity)
                            : round_up(record_words * sizeof(Word), kCacheLine);
  }

  void finish_slots(std::uint64_t first_offset) {
    const std::uint64_t stride = round_up(offset_ - first_offset, page_);
    for (std::uint32_t i = 0; i < header_.section_count; ++i) {
      if (header_.sections[i].stride == 0) header_.sections[i].stride = stride;
    }
    offset_ = first_offset + stride * header_.slot_count;
  }

 private:
  static constexpr std::uint64_t kCacheLine = 64;

  void add(SectionId id, std::uint64_t stride, std::uint32_t count, std::uint32_t record_words,
           std::uint32_t capacity) {
    Section& section = header_.sections[header_.section_count++];
    section = {
        static_cast<std::uint32_t>(id), 1, offset_, stride, count, record_words, capacity, 0};
  }

  Header& header_;
  std::uint64_t page_;
  std::uint64_t offset_ = kHeaderBytes;
};

Header plan_header(const SegmentOptions& options) {
  Header header{};
  header.major_version = kMajorVersion;
  header.minor_version = kMinorVersion;
  header.header_bytes = kHeaderBytes;
  header.endian_mark = kEndianMark;
  header.word_bytes = sizeof(Word);
  header.page_bytes = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  header.slot_count = std::clamp<std::uint32_t>(options.slots, 1, kMaxSlots);
  header.port = options.port;
  header.hang_after_ns = options.hang_after_ns;
  header.kill_after_ns = options.kill_after_ns;
  header.faults_enabled = options.faults_enabled ? 1 : 0;
  header.runs_program = options.runs_program ? 1 : 0;
  header.primary_pid = static_cast<std::uint32_t>(::getpid());
  header.primary_start_ticks = process_start_ticks(header.primary_pid);
  std::snprintf(header.host, sizeof header.host, "%s", options.host.c_str());
  std::snprintf(header.server_version, sizeof header.server_version, "%s", FORKSCOPE_VERSION);
  if (::getrandom(&header.instance_id, sizeof header.instance_id, 0) != sizeof header.instance_id) {
    throw_errno("getrandom");
  }

  LayoutPlan plan(header, header.page_bytes);
  plan.start_page();
  plan.add_lanes(SectionId::beat, 1, kBeatWords, kBeatCapacity);
  plan.add_lanes(SectionId::roster, header.slot_count, kRosterWords, kRosterCapacity);
  plan.add_lanes(SectionId::events, 1, kEventWords, kEventCapacity);
  plan.start_page();
  const std::uint64_t first_slot = plan.offset();
  plan.add_slot_part(SectionId::progress, kProgressWords, 0);
  plan.add_slot_part(SectionId::counters, kCountersWords, 0);
  plan.add_slot_part(SectionId::current, kCurrentWords, kCurrentCapacity);
  plan.add_slot_part(SectionId::requests, kRequestWords, kRequestCapacity);
  plan.add_slot_part(SectionId::histogram, kHistogramBuckets, 0);
  plan.finish_slots(first_slot);

  header.total_bytes = plan.offset();
  header.layout_hash = section_table_hash(header);
  header.crc32c = header_crc32c(header);
  return header;
}

/// The segment is memory, but the kernel holds it to `ulimit -f` as if it were on a disk, and a
/// soft limit may be raised: for as long as this object lives, as far as it goes (setrlimit(2)).
class RaisedFileSizeLimit {
 public:
  RaisedFileSizeLimit() {
    if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) return;
    const rlimit raised{before_.rlim_max, before_.rlim_max};
    raised_ = ::setrlimit(RLIMIT_FSIZE, &raised) == 0;
  }
  ~RaisedFileSizeLimit() {
    if (raised_) ::setrlimit(RLIMIT_FSIZE, &before_);
  }
  RaisedFileSizeLimit(const RaisedFileSizeLimit&) = delete;
  RaisedFileSizeLimit& operator=(const RaisedFileSizeLimit&) = delete;

 private:
  rlimit before_{};
  bool raised_ = false;
};

/// Not ftruncate: pages must exist now, or a full tmpfs becomes a SIGBUS in a worker.
void allocate(int fd, std::uint64_t bytes) {
  const RaisedFileSizeLimit raised;
  const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (error == 0) return;
  const std::string size = std::to_string(bytes) + " bytes of telemetry segment";
  throw std::system_error(
      error, std::generic_category(),
      error == EFBIG ? size + " are more than `ulimit -f` allows" : "posix_fallocate of " + size);
}

}  // namespace

Segment Segment::create(const SegmentOptions& options) {
  const Header header = plan_header(options);
  os::UniqueFd fd(::memfd_create("forkscope", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) throw_errno("memfd_create");
  allocate(fd.get(), header.total_bytes);
  void* address =
      ::mmap(nullptr, header.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) throw_errno("mmap of the telemetry segment");
  Segment segment(std::move(fd), Mapping(address, header.total_bytes), header);

  // Mappings that exist stay writable and are inherited; whoever gets the descriptor can only read
  // (memfd_create(2), F_SEAL_FUTURE_WRITE).
  if (::fcntl(segment.fd(), F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0) {
    throw_errno("F_ADD_SEALS");
  }
  std::memcpy(address, &header, sizeof header);
  store_release(static_cast<Word*>(address), kMagic);
  return segment;
}

Segment::Segment(os::UniqueFd fd, Mapping mapping, const Header& header)
    : fd_(std::move(fd)), mapping_(std::move(mapping)), header_(header) {}

Word* Segment::item(SectionId id, std::uint32_t index) const {
  const Section& section = header_.sections[static_cast<std::uint32_t>(id) - 1];
  assert(index < section.count);
  return reinterpret_cast<Word*>(mapping_.data() + section.offset + section.stride * index);
}

bool Segment::is_primary() const {
  return header_.primary_pid == static_cast<std::uint32_t>(::getpid());
}

BeatLane Segment::beat() const {
  assert(is_primary());
  return BeatLane(item(SectionId::beat, 0));
}

EventLane Segment::events() const {
  assert(is_primary());
  return EventLane(item(SectionId::events, 0));
}

RosterLane Segment::roster(std::uint32_t slot) const {
  assert(is_primary());
  return RosterLane(item(SectionId::roster, slot));
}

SlotWriter Segment::slot(std::uint32_t slot) const {
  assert(slot < header_.slot_count);
  return {item(SectionId::progress, slot), item(SectionId::counters, slot),
          item(SectionId::current, slot), item(SectionId::requests, slot),
          item(SectionId::histogram, slot)};
}

void Segment::confine_to_slot(std::uint32_t slot) const {
  assert(!is_primary());
  assert(slot < header_.slot_count);
  const Section& parts = header_.sections[static_cast<std::uint32_t>(SectionId::progress) - 1];
  std::byte* own = mapping_.data() + parts.offset + parts.stride * slot;
  if (::mprotect(mapping_.data(), mapping_.size(), PROT_READ) != 0 ||
      ::mprotect(own, parts.stride, PROT_READ | PROT_WRITE) != 0) {
    throw_errno("mprotect of the telemetry segment");
  }
  // A hint (Linux 5.14): without it the first requests take the page faults instead.
  ::madvise(own, parts.stride, MADV_POPULATE_WRITE);
}

}  // namespace forkscope::telemetry
