// Ten minutes of the past, so that any panel can be drawn for any moment.
//
// Owned by the visualizer's main thread; fed by a source, read by views. Every question takes the
// view time, and is answered with what was known at that time and nothing that came later. Capture
// goes on whatever the view time is.
//
// Kept, for each 100 ms: what each worker did and how long its requests took, each core's
// utilisation, latencies, sums, lost records, and the newest answers; every event of the life
// cycle; and the whole picture, ten times per second and at each event. All that is derived from
// frames (frame.h), so a recording gives back the same answers to the byte.
//
// Memory is bounded whatever the load: at 256 busy workers and ten minutes, bins take 22 MB,
// answers at most 15 MB, and pictures at most kPictureBudget.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "codec/frame_store.h"
#include "forkscope/telemetry/layout.h"
#include "history/answer_bins.h"
#include "history/bin_ring.h"
#include "history/frame_builder.h"
#include "history/incidents.h"
#include "picture/frame.h"
#include "picture/latency.h"
#include "picture/snapshot.h"
#include "picture/time_zone.h"

namespace forkscope::history {

/// For pictures, per ten minutes of history. When it is short, the oldest pictures go first.
inline constexpr std::size_t kPictureBudget = std::size_t{48} << 20;

/// What "per second" is of, wherever it stands: the ten bins before the picture.
inline constexpr std::uint64_t kRateNs = 1'000'000'000;

/// One worker during one bin.
struct WorkerBin {
  float requests = 0;  ///< Requests ended in the bin: a whole number, and sums are exact.
  telemetry::WorkerState state = telemetry::WorkerState::unknown;  ///< Unknown: nobody looked.
  std::uint16_t generation = 0;
  std::uint8_t median_row = picture::kNoLatency;  ///< Of the latencies in the bin (latency.h).
  std::uint8_t slowest_row = picture::kNoLatency;
};

/// The whole server during one bin.
struct TimeBin {
  bool seen = false;  ///< False: the visualizer was not there, or not scheduled.
  float requests = 0;
  std::uint32_t answers_lost = 0;  ///< Records that were overwritten before they were read.
  std::uint32_t events_lost = 0;
  std::uint32_t errors = 0;     ///< 5xx responses in the bin.
  std::uint32_t abandoned = 0;  ///< Requests that died with their worker in the bin.
  std::uint32_t waiting = 0;    ///< At its end, as the four below.
  std::uint32_t in_flight = 0;
  std::uint64_t closed = 0;  ///< Totals::closed and one more; 0: not known.
  float p50_ms = 0;
  float p99_ms = 0;
};

/// How evenly requests were spread over those workers that could serve.
struct Evenness {
  double index = 1;                          ///< Of those compared (fairness.h).
  double requests = 0;                       ///< Theirs.
  std::size_t compared = 0;                  ///< Workers that served, or could have, all the time.
  std::size_t workers = 0;                   ///< All that are there.
  std::vector<std::uint32_t> left_out = {};  ///< The others.
  std::size_t newcomers = 0;                 ///< Those of them that could serve by now.
};

class History {
 public:
  /// `bins` of 100 ms: ten minutes for a live server, more for a long recording.
  explicit History(std::size_t bins = kHistoryBins);

  // ── feeding ──
  /// Takes what a source has seen since the last call. What is called a rate in the pictures is
  /// counted here: the requests that a worker has ended in the last kRateNs, and their sum.
  void add(const picture::Snapshot& snapshot, std::span<const picture::Answer> answers,
           std::span<const telemetry::EventRecord> events,
           std::span<const picture::LatencyCount> latency = {});
  /// Takes a frame of a recording.
  void add(const picture::Frame& frame);
  /// Remembers a moment that the user has marked.
  void add_marker(std::uint64_t time_ns) { builder_.add_marker(time_ns); }
  /// Sees each frame's bytes as it is made, for recording. The first one it sees is a key frame.
  using FrameSink = std::function<void(const codec::FrameEncoder::Encoded&)>;
  void set_sink(FrameSink sink);

  // ── the picture ──
  /// The newest picture.
  const picture::Snapshot& latest() const { return latest_; }
  /// The picture at a moment: the newest one that is not younger than `time_ns`. Valid until add(),
  /// or until FrameStore::kPictures other moments were asked for.
  const picture::Snapshot& at(std::uint64_t time_ns) const;
  /// The ends of what can be looked at; 0 when there is nothing yet.
  std::uint64_t oldest_ns() const { return frames_.oldest_ns(); }
  std::uint64_t newest_ns() const { return latest_.time_ns; }
  /// CLOCK_REALTIME at a moment.
  std::int64_t wall_clock_at(std::uint64_t time_ns) const;
  /// Where its clock times are told: here, unless it was recorded elsewhere.
  const picture::TimeZone& zone() const { return zone_; }
  void set_zone(const picture::TimeZone& zone) { zone_ = zone; }

  // ── bins: oldest first, the last one ends at or before `time_ns`; missing ones are empty ──
  void worker_bins(std::uint32_t number, std::uint64_t time_ns, std::span<WorkerBin> out) const;
  std::vector<WorkerBin> worker_bins(std::uint32_t number, std::uint64_t time_ns,
                                     std::size_t bins) const;
  /// Whether which core is which was not to be found out (core_meter.h), by `time_ns`. In the first
  /// second there may just not be anything yet.
  bool cores_unknown(std::uint64_t time_ns) const;
  /// Of one core, the part that was the workers', 0 … 1; 0 where it is not known.
  void own_core_bins(std::uint32_t core, std::uint64_t time_ns, std::span<float> out) const;
  /// Utilisation 0 … 1 of one core.
  void core_bins(std::uint32_t core, std::uint64_t time_ns, std::span<float> out) const;
  std::vector<float> core_bins(std::uint32_t core, std::uint64_t time_ns, std::size_t bins) const;
  void timeline(std::uint64_t time_ns, std::span<TimeBin> out) const;
  /// Connections that were there, or came, and are not there any more, whoever closed them; nothing
  /// where that is not known.
  std::optional<std::uint64_t> closed_between(std::uint64_t from_ns, std::uint64_t to_ns) const;
  /// Sum over `bins` bins.
  picture::LatencyColumn latency(std::uint64_t time_ns, std::size_t bins) const;
  /// One bin, by its number (bin_of()); null when nothing ended in it.
  const picture::LatencyColumn* latency_bin(std::uint64_t bin) const { return latency_.read(bin); }

  // ── who answered ──
  /// The latest answers up to `time_ns`, newest first, at most `count`.
  std::vector<picture::Answer> answers(std::uint64_t time_ns, std::size_t count) const;
  /// Answers that ended in (from, to], oldest first: all of them, or at high rates the newest
  /// kAnswersPerFrame of each bin.
  std::vector<picture::Answer> answers_between(std::uint64_t from_ns, std::uint64_t to_ns) const;
  /// Requests that one worker ended in the `bins` bins before `time_ns`.
  double served(std::uint32_t number, std::uint64_t time_ns, std::size_t bins) const;
  /// Of the bins before `time_ns`, at most `bins`, in which somebody looked, the part in which that
  /// worker was found at work, 0 … 1; nothing where nobody looked.
  std::optional<double> busy_share(std::uint32_t number, std::uint64_t time_ns,
                                   std::size_t bins) const;
  /// Requests ended per worker in the `window_ns` before `time_ns`; index = number - 1.
  std::vector<double> share(std::uint64_t time_ns, std::uint64_t window_ns) const;
  /// Of the workers that are there at `time_ns`. Who hung, was not there yet or was busy with one
  /// request for a second is not compared: it had no choice.
  Evenness evenness(std::uint64_t time_ns, std::uint64_t window_ns) const;

  // ── what happened ──
  /// The latest events up to `time_ns`, newest first, at most `count`.
  std::vector<telemetry::EventRecord> events(std::uint64_t time_ns, std::size_t count) const;
  /// Those in (from, to], oldest first.
  std::vector<telemetry::EventRecord> events_between(std::uint64_t from_ns,
                                                     std::uint64_t to_ns) const;
  /// The events by which protection or balance was switched; oldest first.
  const std::deque<telemetry::EventRecord>& switches() const { return switches_; }
  /// As known now; oldest first.
  const std::vector<Incident>& incidents() const { return incidents_.all(); }
  /// As known at `time_ns`.
  std::vector<Incident> incidents(std::uint64_t time_ns) const { return incidents_.at(time_ns); }
  /// The nearest one that became known before, or after, `time_ns`. Null when there is none.
  const Incident* previous_incident(std::uint64_t time_ns) const;
  const Incident* next_incident(std::uint64_t time_ns) const;
  /// When the first picture at or after that moment was taken; the newest one's when there is none.
  std::uint64_t picture_from(std::uint64_t time_ns) const;
  /// Marked moments, in the order in which they were marked.
  const std::deque<std::uint64_t>& markers() const { return markers_; }

  /// What pictures take at the moment, in bytes.
  std::size_t picture_bytes() const { return frames_.bytes(); }

 private:
  /// What is kept of one worker.
  struct WorkerTrack {
    std::uint64_t requests = 0;               // the total that the bins account for
    std::optional<std::uint64_t> counted_ns;  // when it was that; nothing: not seen yet
    BinRing<WorkerBin> bins;
  };

  void follow(const picture::Frame& frame);
  void keep(const picture::Frame& frame);
  double share(const telemetry::WorkerReport& worker, std::uint64_t time_ns,
               std::uint64_t window_ns) const;
  void count_rates(picture::Snapshot& picture) const;
  void add_event(const telemetry::EventRecord& event, const picture::Snapshot& picture);
  std::uint64_t served_at_start(const telemetry::EventRecord& hung,
                                const picture::Snapshot& picture) const;
  void close_given_up(const picture::Snapshot& snapshot);
  void add_worker(const telemetry::WorkerReport& worker, std::uint64_t time_ns);
  std::uint64_t first_unseen(std::uint64_t now) const;
  void add_cores(const picture::Snapshot& snapshot);
  bool could_serve(const telemetry::WorkerReport& worker, std::uint64_t time_ns,
                   std::size_t bins) const;
  std::uint64_t middle_bin(std::uint64_t time_ns) const;
  void add_sums(const picture::Frame& frame);
  void add_latency(const picture::Frame& frame);

  std::size_t bins_;
  picture::TimeZone zone_;
  picture::Snapshot latest_;
  FrameBuilder builder_;
  codec::FrameEncoder encoder_;
  codec::FrameStore frames_;
  FrameSink sink_;
  // Of the frame that was followed last.
  std::optional<std::uint64_t> followed_ns_;
  std::uint64_t instance_id_ = 0;
  picture::Totals totals_;

  std::vector<WorkerTrack> workers_;   // index = number - 1
  std::vector<BinRing<float>> cores_;  // index = number
  std::vector<BinRing<float>> own_;    // likewise: the workers' part of it
  BinRing<TimeBin> timeline_;
  BinRing<picture::LatencyColumn> latency_;
  AnswerBins answers_;
  std::deque<telemetry::EventRecord> events_;
  std::deque<telemetry::EventRecord> switches_;
  std::deque<std::uint64_t> markers_;
  Incidents incidents_;
};

}  // namespace forkscope::history
