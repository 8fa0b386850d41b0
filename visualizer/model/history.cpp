#include "model/history.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace forkscope::model {

using telemetry::EventRecord;
using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

constexpr std::size_t kMaxCores = 1024;
constexpr std::size_t kMaxEvents = 8192;
constexpr std::uint64_t kHistoryNs = kHistoryBins * kBinNs;
constexpr std::uint64_t kRecentNs = 60'000'000'000;
/// With more workers than this, pictures older than a minute are thinned.
constexpr std::size_t kWorkersPerPicture = 48;
/// A longer silence of the source than this is a gap, and shown as one.
constexpr std::uint64_t kMaxGapBins = 10;

/// Of all states in one bin, the one that must not be overlooked wins.
int weight(WorkerState state) {
  switch (state) {
    case WorkerState::unknown: return 0;
    case WorkerState::idle: return 1;
    case WorkerState::busy: return 2;
    case WorkerState::draining: return 3;
    case WorkerState::starting: return 4;
    case WorkerState::backoff: return 5;
    case WorkerState::dead: return 6;
    case WorkerState::hung: return 7;
    case WorkerState::aborting: return 8;
  }
  return 0;
}

/// The newest picture in ascending `pictures` that is not younger than `time_ns`.
const Snapshot* picture_at(const std::deque<Snapshot>& pictures, std::uint64_t time_ns) {
  const auto after = std::upper_bound(
      pictures.begin(), pictures.end(), time_ns,
      [](std::uint64_t time, const Snapshot& picture) { return time < picture.time_ns; });
  return after == pictures.begin() ? nullptr : &*std::prev(after);
}

bool younger(const Answer& left, const Answer& right) { return left.end_ns > right.end_ns; }

}  // namespace

void History::add(const Snapshot& snapshot, std::span<const Answer> answers,
                  std::span<const EventRecord> events) {
  if (snapshot.server.instance_id != latest_.server.instance_id) {
    incidents_.server_gone(latest_.time_ns);
    for (WorkerTrack& worker : workers_) worker.counted_ns = 0;
  }
  for (const EventRecord& event : events) {
    incidents_.add(counted_from_its_start(event));
    events_.push_back(event);
    if (events_.size() > kMaxEvents) events_.pop_front();
  }
  add_answers(answers, snapshot.time_ns);
  if (snapshot.attachment == Attachment::live) {
    for (const WorkerReport& worker : snapshot.workers) add_worker(worker, snapshot.time_ns);
    close_given_up(snapshot);
  } else {
    incidents_.server_gone(snapshot.time_ns);  // after its last events, which say why
  }
  // A core's utilisation is of all the time since the sample before; at most a second is filled in.
  const std::uint64_t newest = bin_of(snapshot.time_ns);
  const std::uint64_t first =
      std::clamp(bin_of(latest_.time_ns) + 1, newest - std::min<std::uint64_t>(newest, 9), newest);
  for (const CoreSample& core : snapshot.cores) {
    if (core.number >= kMaxCores) continue;
    if (core.number >= cores_.size()) cores_.resize(core.number + 1);
    for (std::uint64_t number = first; number <= newest; ++number) {
      if (float* bin = cores_[core.number].write(number)) {
        *bin = static_cast<float>(core.utilisation);
      }
    }
  }
  keep_picture(snapshot);
  latest_ = snapshot;
}

/// A hang is declared some time after it began: "others served" counts from the beginning, where
/// there is a picture of it.
EventRecord History::counted_from_its_start(const EventRecord& event) const {
  EventRecord counted = event;
  if (event.kind != static_cast<std::uint16_t>(telemetry::EventKind::hung)) return counted;
  const Snapshot& then = at(event.since_ns);
  if (then.attachment == Attachment::live && then.time_ns + 10 * kBinNs > event.since_ns) {
    counted.served_total = std::min(event.served_total, then.totals.requests);
  }
  return counted;
}

/// A slot that is given up while its worker is dead is not listed any more: nobody will come back.
void History::close_given_up(const Snapshot& snapshot) {
  for (const Incident& incident : incidents_.all()) {
    if (!incident.open() || incident.exit_ns == 0) continue;
    const bool listed =
        std::any_of(snapshot.workers.begin(), snapshot.workers.end(),
                    [&](const WorkerReport& worker) { return worker.number == incident.worker; });
    if (!listed) incidents_.worker_removed(incident.worker, snapshot.time_ns);
  }
}

void History::add_worker(const WorkerReport& worker, std::uint64_t time_ns) {
  if (worker.number == 0 || worker.number > telemetry::kMaxSlots) return;
  if (worker.number > workers_.size()) workers_.resize(worker.number);
  WorkerTrack& track = workers_[worker.number - 1];
  const std::uint64_t now = bin_of(time_ns);
  const bool follows = track.counted_ns != 0 && track.counted_ns <= time_ns;

  // The state holds for the bins since the picture before, unless that is too long ago.
  std::uint64_t first = follows ? bin_of(track.counted_ns) + 1 : now;
  if (first > now || now - first > kMaxGapBins) first = now;
  for (std::uint64_t number = first; number <= now; ++number) {
    WorkerBin* bin = track.bins.write(number);
    if (bin == nullptr) continue;
    if (weight(worker.state) >= weight(bin->state)) bin->state = worker.state;
    bin->generation = static_cast<std::uint16_t>(worker.generation);
  }

  // Requests are spread over the time in which they ended: between two pictures, only the sum is
  // known of them all.
  if (follows && worker.requests > track.requests) {
    const auto count = static_cast<double>(worker.requests - track.requests);
    const auto span = static_cast<double>(std::max<std::uint64_t>(time_ns - track.counted_ns, 1));
    for (std::uint64_t number =
             std::max(bin_of(track.counted_ns), now - std::min(now, kMaxGapBins));
         number <= now; ++number) {
      const std::uint64_t from = std::max(track.counted_ns, number * kBinNs);
      const std::uint64_t to = std::min(time_ns, (number + 1) * kBinNs);
      WorkerBin* bin = track.bins.write(number);
      if (bin == nullptr || to < from) continue;
      const double share =
          time_ns == track.counted_ns ? 1.0 : static_cast<double>(to - from) / span;
      bin->requests += static_cast<float>(count * share);
    }
  }
  track.requests = worker.requests;
  track.counted_ns = time_ns;
}

void History::add_answers(std::span<const Answer> answers, std::uint64_t time_ns) {
  for (const Answer& answer : answers) {
    // A time in the future can only be a lie; it must not push the past out of the ring.
    AnswerBin* bin = answers_.write(bin_of(std::min(answer.end_ns, time_ns)));
    if (bin == nullptr) continue;
    if (bin->kept.size() < kAnswersPerBin) {
      bin->kept.push_back(answer);
    } else {
      bin->kept[bin->seen % kAnswersPerBin] = answer;
    }
    ++bin->seen;
  }
}

void History::keep_picture(const Snapshot& snapshot) {
  const std::uint64_t now = snapshot.time_ns;
  if (recent_.empty() || bin_of(recent_.back().time_ns) < bin_of(now)) recent_.push_back(snapshot);
  while (recent_.size() > 1 && recent_.front().time_ns + kRecentNs < now) {
    Snapshot& picture = recent_.front();
    const std::size_t stride = 1 + picture.workers.size() / kWorkersPerPicture;
    if (bin_of(picture.time_ns) % stride == 0) older_.push_back(std::move(picture));
    recent_.pop_front();
  }
  while (!older_.empty() && older_.front().time_ns + kHistoryNs < now) older_.pop_front();
}

const Snapshot& History::at(std::uint64_t time_ns) const {
  if (time_ns >= latest_.time_ns) return latest_;
  if (const Snapshot* picture = picture_at(recent_, time_ns)) return *picture;
  if (const Snapshot* picture = picture_at(older_, time_ns)) return *picture;
  static const Snapshot nothing;
  return nothing;
}

std::vector<WorkerBin> History::worker_bins(std::uint32_t number, std::uint64_t time_ns,
                                            std::size_t bins) const {
  if (number == 0 || number > workers_.size()) return std::vector<WorkerBin>(bins);
  return workers_[number - 1].bins.until(time_ns, bins);
}

std::vector<float> History::core_bins(std::uint32_t core, std::uint64_t time_ns,
                                      std::size_t bins) const {
  if (core >= cores_.size()) return std::vector<float>(bins);
  return cores_[core].until(time_ns, bins);
}

std::vector<Answer> History::answers(std::uint64_t time_ns, std::size_t count) const {
  std::vector<Answer> result;
  std::vector<Answer> of_bin;
  const std::uint64_t newest = bin_of(time_ns);
  for (std::uint64_t back = 0; back < std::min<std::uint64_t>(kHistoryBins, newest + 1); ++back) {
    const AnswerBin* bin = answers_.read(newest - back);
    if (bin == nullptr) continue;
    of_bin.clear();
    std::copy_if(bin->kept.begin(), bin->kept.end(), std::back_inserter(of_bin),
                 [&](const Answer& answer) { return answer.end_ns <= time_ns; });
    std::sort(of_bin.begin(), of_bin.end(), younger);
    for (Answer& answer : of_bin) {
      if (result.size() == count) return result;
      result.push_back(std::move(answer));
    }
  }
  return result;
}

std::vector<double> History::share(std::uint64_t time_ns, std::uint64_t window_ns) const {
  std::vector<double> shares;
  for (const WorkerTrack& worker : workers_) {
    const std::vector<WorkerBin> bins =
        worker.bins.until(time_ns, std::min<std::uint64_t>(window_ns / kBinNs, kHistoryBins));
    shares.push_back(std::accumulate(
        bins.begin(), bins.end(), 0.0,
        [](double sum, const WorkerBin& bin) { return sum + static_cast<double>(bin.requests); }));
  }
  return shares;
}

std::vector<EventRecord> History::events(std::uint64_t time_ns, std::size_t count) const {
  std::vector<EventRecord> result;
  for (auto event = events_.rbegin(); event != events_.rend() && result.size() < count; ++event) {
    if (event->time_ns <= time_ns) result.push_back(*event);
  }
  return result;
}

double fairness(std::span<const double> shares) {
  double sum = 0;
  double squares = 0;
  for (const double share : shares) {
    sum += share;
    squares += share * share;
  }
  if (squares == 0) return 1;
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

}  // namespace forkscope::model
