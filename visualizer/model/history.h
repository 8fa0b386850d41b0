// Ten minutes of the past, binned to 100 ms, so that any panel can be drawn for any moment.
//
// Owned by the visualizer's main thread; fed by a source, read by views. Memory is bounded whatever
// the load: rates and states are kept for every bin; of a bin's answers the latest sixteen; whole
// pictures one per bin, and fewer of what is older than a minute when there are many workers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "model/bin_ring.h"
#include "model/incidents.h"
#include "model/snapshot.h"

namespace forkscope::model {

/// One worker during one bin.
struct WorkerBin {
  float requests = 0;  ///< Requests ended in the bin.
  telemetry::WorkerState state = telemetry::WorkerState::unknown;
  std::uint16_t generation = 0;
};

class History {
 public:
  /// Takes what the source has seen since the last call.
  void add(const Snapshot& snapshot, std::span<const Answer> answers,
           std::span<const telemetry::EventRecord> events);

  /// The newest picture.
  const Snapshot& latest() const { return latest_; }
  /// The picture at a moment: the newest one that is not younger than `time_ns`.
  const Snapshot& at(std::uint64_t time_ns) const;

  /// Newest `bins` bins that end at or before `time_ns`, oldest first; missing ones are empty.
  std::vector<WorkerBin> worker_bins(std::uint32_t number, std::uint64_t time_ns,
                                     std::size_t bins) const;
  /// Utilisation 0 … 1 of one core, likewise.
  std::vector<float> core_bins(std::uint32_t core, std::uint64_t time_ns, std::size_t bins) const;

  /// The latest answers up to `time_ns`, newest first, at most `count`.
  std::vector<Answer> answers(std::uint64_t time_ns, std::size_t count) const;
  /// Requests ended per worker in the `window_ns` before `time_ns`; index = number - 1.
  std::vector<double> share(std::uint64_t time_ns, std::uint64_t window_ns) const;
  /// The latest events up to `time_ns`, newest first, at most `count`.
  std::vector<telemetry::EventRecord> events(std::uint64_t time_ns, std::size_t count) const;
  std::uint64_t oldest_ns() const { return older_.empty() ? (recent_.empty() ? latest_.time_ns : recent_.front().time_ns) : older_.front().time_ns; }
  std::span<const std::uint32_t> latency_column(std::uint64_t) const { return {}; }
  const std::vector<Incident>& incidents() const { return incidents_.all(); }

 private:
  static constexpr std::uint32_t kAnswersPerBin = 16;

  /// What is kept of one worker.
  struct WorkerTrack {
    std::uint64_t requests = 0;    // the total that the bins account for
    std::uint64_t counted_ns = 0;  // when it was that; 0 = not seen yet
    BinRing<WorkerBin> bins;
  };
  /// Answers of one bin; a ring once it is full.
  struct AnswerBin {
    std::uint32_t seen = 0;
    std::vector<Answer> kept;
  };

  telemetry::EventRecord counted_from_its_start(const telemetry::EventRecord& event) const;
  void close_given_up(const Snapshot& snapshot);
  void add_worker(const telemetry::WorkerReport& worker, std::uint64_t time_ns);
  void add_answers(std::span<const Answer> answers, std::uint64_t time_ns);
  void keep_picture(const Snapshot& snapshot);

  Snapshot latest_;
  std::deque<Snapshot> recent_;        // the first of each bin of the last minute
  std::deque<Snapshot> older_;         // what is kept of the nine minutes before
  std::vector<WorkerTrack> workers_;   // index = number - 1
  std::vector<BinRing<float>> cores_;  // index = number
  BinRing<AnswerBin> answers_;
  std::deque<telemetry::EventRecord> events_;
  Incidents incidents_;
};

/// Jain's fairness index of the shares: 1 = all alike, 1/n = one does everything. 1 for no load.
double fairness(std::span<const double> shares);

}  // namespace forkscope::model
