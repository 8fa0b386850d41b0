// What a program may write into the pipe of its reports: any bytes, in any pieces. Lines do not
// depend on the pieces, and the sums are right whatever the lines say.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "program/report_lines.h"
#include "program/requests_in_hand.h"
#include "require_equal.h"

namespace {

using namespace forkscope;

/// A reporter's slot, in a segment that is made once.
class Slot {
 public:
  /// Carries out what the line says; the number of requests that ought to be in hand.
  void take(std::string_view line) {
    const auto report = program::parse_report(line);
    if (!report) return;
    if (report->kind == program::Report::Kind::begin) {
      requests_.begin(*report, ++now_ns_);
      ++begun_;
    }
    if (report->kind == program::Report::Kind::end) requests_.end(*report, ++now_ns_);
  }

  void check() {
    const std::uint64_t ended = view_.requests_total(0) + view_.counters(0).unended;
    const std::uint64_t in_hand = view_.begun_and_not_ended(0);
    fuzz::require_equal(std::to_string(begun_), std::to_string(ended + in_hand), "sums");
    fuzz::require_equal(in_hand > 0 ? "yes" : "no", view_.in_flight(0) ? "yes" : "no", "in flight");
  }

  void clear() {
    requests_.give_up_all();
    fuzz::require_equal("0", std::to_string(view_.begun_and_not_ended(0)), "given up");
  }

 private:
  telemetry::Segment segment_ = telemetry::Segment::create({.slots = 1});
  telemetry::SegmentView view_ = telemetry::SegmentView::map_read_only(segment_.fd());
  telemetry::SlotWriter slot_ = segment_.slot(0);
  program::RequestsInHand requests_{slot_};
  std::uint64_t now_ns_ = 0;
  std::uint64_t begun_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Slot slot;
  FuzzedDataProvider input(data, size);
  const auto pieces = input.ConsumeIntegral<std::uint16_t>();
  const std::string bytes = input.ConsumeRemainingBytesAsString();

  std::string whole;
  program::ReportLines at_once;
  at_once.feed(bytes);
  for (std::string_view line; at_once.next(line);) whole.append(line) += '\n';

  std::string in_pieces;
  program::ReportLines one_by_one;
  for (std::size_t begin = 0, i = 0; begin < bytes.size(); ++i) {
    const std::size_t count = 1 + (pieces >> i % 16) % 64;
    one_by_one.feed(std::string_view(bytes).substr(begin, count));
    for (std::string_view line; one_by_one.next(line);) {
      in_pieces.append(line) += '\n';
      slot.take(line);
    }
    begin += count;
  }
  fuzz::require_equal(whole, in_pieces, "lines");
  slot.check();
  slot.clear();
  return 0;
}
