#include "history/frame_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "history/bin_ring.h"

namespace forkscope::history {

namespace {

std::uint64_t grown(std::uint64_t now, std::uint64_t then) {
  return now >= then ? now - then : now;
}

/// Median and slowest row of each worker; `counts` is used up.
std::vector<picture::WorkerLatency> by_worker(std::vector<picture::LatencyCount>& counts) {
  std::sort(counts.begin(), counts.end(),
            [](const picture::LatencyCount& left, const picture::LatencyCount& right) {
              return std::pair(left.worker, left.row) < std::pair(right.worker, right.row);
            });
  std::vector<picture::WorkerLatency> result;
  for (auto first = counts.begin(); first != counts.end();) {
    std::uint64_t all = 0;
    auto end = first;
    for (; end != counts.end() && end->worker == first->worker; ++end) all += end->count;
    auto median = first;
    for (std::uint64_t seen = median->count; 2 * seen < all; seen += median->count) ++median;
    result.push_back({first->worker, median->row, std::prev(end)->row});
    first = end;
  }
  counts.clear();
  return result;
}

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

/// As exact as a frame is when it is read again: what is derived from it now must be what is
/// derived from it then.
void round_figures(picture::Snapshot& picture) {
  for (picture::CoreSample& core : picture.cores) {
    core.utilisation = rounded(core.utilisation, 1000);
    if (core.own) core.own = rounded(*core.own, 1000);
  }
  for (telemetry::WorkerReport& worker : picture.workers) {
    worker.requests_per_second = rounded(worker.requests_per_second, 10);
  }
  picture::Totals& totals = picture.totals;
  totals.requests_per_second = rounded(totals.requests_per_second, 10);
  totals.p50_ms = rounded(totals.p50_ms, 1e6);
  totals.p99_ms = rounded(totals.p99_ms, 1e6);
}

}  // namespace

bool FrameBuilder::add(const picture::Snapshot& snapshot, std::span<const picture::Answer> answers,
                       std::span<const telemetry::EventRecord> events,
                       std::span<const picture::LatencyCount> latency) {
  pending_.answers_seen += answers.size();
  std::vector<picture::Answer>& kept = pending_.answers;
  kept.insert(kept.end(),
              answers.end() -
                  static_cast<std::ptrdiff_t>(std::min(answers.size(), picture::kAnswersPerFrame)),
              answers.end());
  if (kept.size() > picture::kAnswersPerFrame) {
    kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(picture::kAnswersPerFrame));
  }
  pending_.events.insert(pending_.events.end(), events.begin(), events.end());
  for (const picture::LatencyCount& count : latency) {
    if (count.row >= picture::kLatencyRows || count.count == 0) continue;
    pending_.latency[count.row] += count.count;
    latency_.push_back(count);
  }
  if (snapshot.time_ns <= previous_ns_) return false;  // frames ascend
  return bin_of(snapshot.time_ns) != bin_of(previous_ns_) || !pending_.events.empty() ||
         !pending_.markers.empty() || snapshot.attachment != attachment_then_ ||
         snapshot.server.instance_id != instance_then_;
}

picture::Frame FrameBuilder::take(const picture::Snapshot& snapshot) {
  if (snapshot.server.instance_id != instance_then_) lost_answers_then_ = lost_events_then_ = 0;
  picture::Frame frame = std::exchange(pending_, {});
  frame.picture = snapshot;
  round_figures(frame.picture);
  frame.worker_latency = by_worker(latency_);
  const picture::Totals& totals = snapshot.totals;
  const std::uint64_t lost_answers = totals.lost_records - totals.lost_events;
  frame.answers_lost = grown(lost_answers, lost_answers_then_);
  frame.events_lost = grown(totals.lost_events, lost_events_then_);
  lost_answers_then_ = lost_answers;
  lost_events_then_ = totals.lost_events;
  previous_ns_ = snapshot.time_ns;
  attachment_then_ = snapshot.attachment;
  instance_then_ = snapshot.server.instance_id;
  return frame;
}

}  // namespace forkscope::history
