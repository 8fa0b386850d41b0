// The reading side of a telemetry segment.
//
// A viewer trusts nothing it finds: the constructor functions check seals, size, header, CRC and
// the whole section table before anything else is looked at, and every read behind that masks its
// indices and clamps its lengths. A segment that lies can show wrong figures; it can never crash or
// stall a viewer.
//
// Any process may read. Views are cheap to copy out of; one view belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "forkscope/telemetry/histogram.h"
#include "forkscope/telemetry/lane.h"
#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/mapping.h"

namespace forkscope::telemetry {

/// Why a segment was refused, in one sentence.
class SegmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A request whose handler is running.
struct InFlight {
  std::uint64_t id = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t connection = 0;
  Method method = Method::other;
  std::string path;  ///< As sent by the client: not necessarily printable. See printable().
};

class SegmentView {
 public:
  /// Maps the segment behind `fd` (borrowed; may be closed afterwards) read-only.
  /// Throws SegmentError.
  static SegmentView map_read_only(int fd);

  /// Looks at bytes that are mapped already and outlive the view, in the server's own processes
  /// and in tests. Throws SegmentError.
  static SegmentView over(const std::byte* data, std::size_t bytes);

  /// The private copy that was validated.
  const Header& header() const { return header_; }
  std::uint32_t slot_count() const { return header_.slot_count; }

  std::optional<BeatRecord> beat() const;

  // `slot` counts from 0 and must be below slot_count(); worker number = slot + 1.
  std::optional<RosterRecord> roster(std::uint32_t slot) const;
  Progress progress(std::uint32_t slot) const;
  Counters counters(std::uint32_t slot) const;
  /// That one alone, for who looks at all slots often.
  std::uint64_t writes_parked(std::uint32_t slot) const;
  /// The request in the worker's hands right now, if there is one.
  std::optional<InFlight> in_flight(std::uint32_t slot) const;
  /// The latest request handed to a handler, whether it has ended or not.
  std::optional<CurrentRecord> latest_request(std::uint32_t slot) const;
  LaneReader<RequestRecord> requests(std::uint32_t slot) const;
  /// As of now, give or take what begins and ends meanwhile.
  std::uint64_t begun_and_not_ended(std::uint32_t slot) const;
  /// Bucket counts, kHistogramBuckets of them (see histogram.h); they never decrease.
  void histogram(std::uint32_t slot, std::vector<std::uint64_t>& counts) const;
  /// Sum over status classes.
  std::uint64_t requests_total(std::uint32_t slot) const;

  LaneReader<EventRecord> events() const;

 private:
  SegmentView() = default;
  void validate(std::size_t bytes);
  const Section& section(SectionId id) const;
  const Word* item(SectionId id, std::uint32_t index) const;

  Mapping mapping_;  // empty when the view borrows
  const std::byte* data_ = nullptr;
  Header header_{};
};

/// CRC-32C (crc32c.h) of the header with `magic` and `crc32c` as 0.
std::uint32_t header_crc32c(const Header& header);
/// FNV-1a 64 of the section table.
std::uint64_t section_table_hash(const Header& header);

/// `text` with everything but printable ASCII replaced by '?': segments and clients may lie.
std::string printable(std::string_view text);

}  // namespace forkscope::telemetry
