// A segment that lies: whatever its words say, and however they change while a viewer reads, it is
// refused in one sentence or read without a crash, a stall or a byte outside of it.
//
// The input is a list of stores into a genuine segment. Half of them are made before the viewer
// opens it, the others while it reads. The first byte says whether the header's checksums are set
// right afterwards: a liar who knows CRC-32C.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/status_json.h"
#include "forkscope/telemetry/worker_report.h"

namespace {

using namespace forkscope::telemetry;

/// A copy of a genuine segment in memory of its own size, so that AddressSanitizer sees what lies
/// outside; a few requests and events are in it.
class Forgery {
 public:
  Forgery() {
    const Segment segment = Segment::create({.slots = 2, .port = 8000, .host = "127.0.0.1"});
    SlotWriter slot = segment.slot(0);
    slot.start_generation(1, 1);
    slot.ready(2);
    for (std::uint64_t i = 0; i < 600; ++i) {
      auto request = slot.begin_request(3 + i, Method::get, "/v1/todos/1", i);
      slot.end_request(request, 4 + i, 200, 100);
    }
    slot.begin_request(700, Method::post, "/v1/faults/hang", 9);
    segment.roster(0).write({.pid = 4711, .generation = 1, .state = 2});
    segment.beat().write({.tick = 1, .time_ns = 1, .wall_clock_ns = 1, .target_workers = 2});
    for (int i = 0; i < 20; ++i) segment.events().write({});
    const auto* words = reinterpret_cast<const Word*>(segment.data());
    genuine_.assign(words, words + segment.size() / sizeof(Word));
    words_ = genuine_;
  }

  void store(std::size_t index, Word value) {
    index %= words_.size();
    words_[index] = value;
    changed_.push_back(index);
  }
  /// The index of a word of an item of a section, as the genuine table has them.
  std::size_t index_of(std::size_t section, std::size_t item, std::size_t word) const {
    const auto& header = *reinterpret_cast<const Header*>(genuine_.data());
    if (section == 0) return word % (sizeof(Header) / sizeof(Word));
    const Section& where = header.sections[(section - 1) % kSectionCount];
    const std::size_t words = where.stride / sizeof(Word);
    return where.offset / sizeof(Word) + item % where.count * words + word % words;
  }
  void forge_checksums() {
    auto& header = *reinterpret_cast<Header*>(words_.data());
    header.layout_hash = section_table_hash(header);
    header.crc32c = header_crc32c(header);
    for (std::size_t i = 0; i < sizeof(Header) / sizeof(Word); ++i) changed_.push_back(i);
  }
  void restore() {
    for (const std::size_t index : changed_) words_[index] = genuine_[index];
    changed_.clear();
  }
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(words_.data()); }
  std::size_t bytes() const { return words_.size() * sizeof(Word); }

 private:
  std::vector<Word> genuine_;
  std::vector<Word> words_;
  std::vector<std::size_t> changed_;
};

struct Store {
  std::size_t section;
  std::size_t item;
  std::size_t word;
  Word value;
};

template <typename Record>
std::uint64_t follow(LaneCursor<Record>& cursor, const auto& use) {
  std::uint64_t read = 0;
  // A lane that stands still gives no more than it holds.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 25;
  while (const auto record = cursor.next()) {
    use(*record);
    if (++read > kMost) std::abort();
  }
  return read;
}

void look_at_everything(const SegmentView& view) {
  constexpr std::uint64_t kNow = 1'000'000'000;
  view.beat();
  std::vector<std::uint64_t> buckets;
  for (std::uint32_t slot = 0; slot < std::min(view.slot_count(), 4U); ++slot) {
    view.in_flight(slot);
    view.latest_request(slot);
    view.histogram(slot, buckets);
    view.requests_total(slot);
    requests_per_second(view.requests(slot), kNow);
  }
  status_json(view, kNow).dump();  // throws where text is not UTF-8
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Forgery forgery;
  FuzzedDataProvider input(data, size);
  const bool knows_checksums = input.ConsumeBool();
  std::vector<Store> stores;
  while (input.remaining_bytes() >= 4 && stores.size() < 64) {
    stores.push_back({input.ConsumeIntegralInRange<std::size_t>(0, kSectionCount),
                      input.ConsumeIntegral<std::uint8_t>(), input.ConsumeIntegral<std::uint16_t>(),
                      input.ConsumeIntegral<Word>()});
  }
  const auto make = [](std::span<const Store> some) {
    for (const Store& one : some) {
      forgery.store(forgery.index_of(one.section, one.item, one.word), one.value);
    }
  };
  const std::span all(stores);
  make(all.first(all.size() / 2));
  if (knows_checksums) forgery.forge_checksums();
  try {
    const SegmentView view = SegmentView::over(forgery.data(), forgery.bytes());
    look_at_everything(view);
    LaneCursor<EventRecord> events(view.events(), 8);
    LaneCursor<RequestRecord> requests(view.requests(0), 8);
    const auto tell = [](const EventRecord& event) { describe(event); };
    const auto ignore = [](const RequestRecord&) {};
    follow(events, tell);
    follow(requests, ignore);
    for (const Store& one : all.subspan(all.size() / 2)) {
      make({&one, 1});
      follow(events, tell);
      follow(requests, ignore);
    }
    look_at_everything(view);
  } catch (const SegmentError&) {
  }
  forgery.restore();
  return 0;
}
