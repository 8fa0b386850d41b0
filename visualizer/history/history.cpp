#include "history/history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "forkscope/telemetry/event_kinds.h"
#include "history/fairness.h"
#include "history/spread.h"

namespace forkscope::history {

using telemetry::EventRecord;
using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

constexpr std::size_t kMaxEvents = 8192;
constexpr std::size_t kMaxMarkers = 1024;
constexpr std::size_t kMaxSwitches = 256;
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

std::uint32_t clamped(std::uint64_t count) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

}  // namespace

History::History(std::size_t bins)
    : bins_(bins),
      frames_(bins * kBinNs, std::max<std::size_t>(1, bins / kHistoryBins) * kPictureBudget),
      timeline_(bins),
      latency_(bins),
      answers_(bins) {}

void History::add(const picture::Snapshot& snapshot, std::span<const picture::Answer> answers,
                  std::span<const EventRecord> events,
                  std::span<const picture::LatencyCount> latency) {
  latest_ = snapshot;
  if (builder_.add(snapshot, answers, events, latency)) {
    picture::Frame frame = builder_.take(snapshot);
    follow(frame);
    count_rates(frame.picture);
    keep(frame);
  }
  count_rates(latest_);
  picture::assign_workers_to_cores(latest_);
}

void History::add(const picture::Frame& frame) {
  if (followed_ns_ && frame.picture.time_ns <= *followed_ns_) return;  // frames ascend
  follow(frame);
  keep(frame);
  latest_ = frame.picture;
}

void History::set_sink(FrameSink sink) {
  sink_ = std::move(sink);
  encoder_ = {};  // begins with a key frame
}

void History::follow(const picture::Frame& frame) {
  const picture::Snapshot& picture = frame.picture;
  if (picture.server.instance_id != instance_id_) {
    if (followed_ns_) incidents_.server_gone(*followed_ns_);
    for (WorkerTrack& worker : workers_) worker.counted_ns.reset();
    totals_ = {};
  }
  for (const EventRecord& event : frame.events) add_event(event, picture);
  if (picture.attachment == picture::Attachment::live) {
    for (const WorkerReport& worker : picture.workers) add_worker(worker, picture.time_ns);
    close_given_up(picture);
  } else {
    incidents_.server_gone(picture.time_ns);  // after its last events, which say why
  }
  answers_.add(frame.answers, picture.time_ns);
  add_cores(picture);
  add_sums(frame);
  add_latency(frame);
  for (const std::uint64_t marker : frame.markers) {
    markers_.push_back(marker);
    if (markers_.size() > kMaxMarkers) markers_.pop_front();
  }

  followed_ns_ = picture.time_ns;
  instance_id_ = picture.server.instance_id;
  totals_ = picture.totals;
}

void History::keep(const picture::Frame& frame) {
  const codec::FrameEncoder::Encoded encoded = encoder_.encode(frame);
  if (sink_) sink_(encoded);
  frames_.add(encoded);
}

void History::add_event(const EventRecord& event, const picture::Snapshot& picture) {
  EventRecord seen = event;
  // A time in the future can only be a lie; it must not hide the event from those who look now.
  seen.time_ns = std::min(event.time_ns, picture.time_ns);
  events_.push_back(seen);
  if (events_.size() > kMaxEvents) events_.pop_front();
  const auto kind = static_cast<telemetry::EventKind>(event.kind);
  if (kind == telemetry::EventKind::protection || kind == telemetry::EventKind::balance) {
    switches_.push_back(seen);
    if (switches_.size() > kMaxSwitches) switches_.pop_front();
  }
  if (telemetry::traits_of(event).step == telemetry::LifeStep::hangs) {
    seen.served_total = served_at_start(event, picture);
  }
  incidents_.add(seen);
}

/// A hang is declared some time after it began, and "others served" counts from the beginning,
/// where there are pictures of it. What the hung worker itself had still served between the picture
/// before and its last request is not of the others; what they served is spread evenly between the
/// two pictures around that moment.
std::uint64_t History::served_at_start(const EventRecord& hung,
                                       const picture::Snapshot& picture) const {
  const auto own = [&hung](const picture::Snapshot& snapshot) {
    const auto worker =
        std::find_if(snapshot.workers.begin(), snapshot.workers.end(),
                     [&hung](const WorkerReport& other) { return other.number == hung.worker; });
    return worker != snapshot.workers.end() ? worker->requests : 0;
  };
  const auto others = [&own](const picture::Snapshot& snapshot) {
    return snapshot.totals.requests - std::min(own(snapshot), snapshot.totals.requests);
  };
  const picture::Snapshot* before = frames_.at(hung.since_ns);
  if (before == nullptr || before->attachment != picture::Attachment::live ||
      before->server.instance_id != picture.server.instance_id ||
      before->time_ns + kMaxGapBins * kBinNs <= hung.since_ns) {
    return hung.served_total;
  }
  const picture::Snapshot* after = frames_.after(hung.since_ns);
  const picture::Snapshot& next = after != nullptr ? *after : picture;
  double served = static_cast<double>(others(*before));
  if (next.time_ns > hung.since_ns && others(next) > others(*before)) {
    served += static_cast<double>(others(next) - others(*before)) *
              static_cast<double>(hung.since_ns - before->time_ns) /
              static_cast<double>(next.time_ns - before->time_ns);
  }
  return std::min(hung.served_total, own(picture) + static_cast<std::uint64_t>(served));
}

/// A slot that is given up while its worker is dead is not listed any more: nobody will come back.
void History::close_given_up(const picture::Snapshot& snapshot) {
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
  while (workers_.size() < worker.number) workers_.push_back({0, {}, BinRing<WorkerBin>(bins_)});
  WorkerTrack& track = workers_[worker.number - 1];
  const std::uint64_t now = bin_of(time_ns);
  const bool follows = track.counted_ns && *track.counted_ns <= time_ns;

  // The state holds for the bins since the picture before, unless that is too long ago.
  // The bins of a silence keep theirs unknown.
  std::uint64_t first = follows ? bin_of(*track.counted_ns) + 1 : now;
  if (first > now || now - first > kMaxGapBins) first = now;
  for (std::uint64_t number = first; number <= now; ++number) {
    WorkerBin* bin = track.bins.write(number);
    if (bin == nullptr) continue;
    const WorkerState state =
        picture::ended_as_planned(worker) ? WorkerState::draining : worker.state;
    if (weight(state) >= weight(bin->state)) bin->state = state;
    bin->generation = static_cast<std::uint16_t>(worker.generation);
  }

  if (follows && worker.requests > track.requests) {
    // Where its slot was nobody's meanwhile, it has answered all of that since it came.
    const bool was_away = followed_ns_ && *followed_ns_ > *track.counted_ns;
    const std::uint64_t came_ns = time_ns - std::min(worker.uptime_ns, time_ns);
    const std::uint64_t from_ns =
        was_away ? std::max(*track.counted_ns, came_ns) : *track.counted_ns;
    spread(worker.requests - track.requests, from_ns, time_ns, bins_,
           [&track](std::uint64_t number, std::uint64_t count) {
             WorkerBin* bin = track.bins.write(number);
             if (bin != nullptr) bin->requests += static_cast<float>(count);
           });
  }
  track.requests = worker.requests;
  track.counted_ns = time_ns;
}

/// The first bin that the frame of bin `now` is the first to tell of. After a silence it tells of
/// its own bin alone.
std::uint64_t History::first_unseen(std::uint64_t now) const {
  if (!followed_ns_) return now;
  const std::uint64_t first = bin_of(*followed_ns_) + 1;
  return first > now || now - first > kMaxGapBins ? now : first;
}

/// A core's utilisation is of all the time since the sample before.
void History::add_cores(const picture::Snapshot& snapshot) {
  const std::uint64_t newest = bin_of(snapshot.time_ns);
  const std::uint64_t first = first_unseen(newest);
  for (const picture::CoreSample& core : snapshot.cores) {
    if (core.number >= codec::kMaxCores) continue;
    while (cores_.size() <= core.number) {
      cores_.emplace_back(bins_);
      own_.emplace_back(bins_);
    }
    for (std::uint64_t number = first; number <= newest; ++number) {
      float* bin = cores_[core.number].write(number);
      float* own = own_[core.number].write(number);
      if (bin != nullptr) *bin = static_cast<float>(core.utilisation);
      if (own != nullptr) *own = static_cast<float>(core.own.value_or(0));
    }
  }
}

/// What ended, failed or was lost since the frame before belongs to the middle of that time: a
/// frame is made at the beginning of a bin, and most of what it tells is of the bin before.
std::uint64_t History::middle_bin(std::uint64_t time_ns) const {
  return bin_of(!followed_ns_ ? time_ns : *followed_ns_ + (time_ns - *followed_ns_) / 2);
}

void History::add_sums(const picture::Frame& frame) {
  const picture::Snapshot& picture = frame.picture;
  const auto grown = [](std::uint64_t after, std::uint64_t before) {
    return after > before ? clamped(after - before) : 0;
  };
  // What a server had done before it was looked at has no time.
  const bool first = !followed_ns_ || picture.server.instance_id != instance_id_;
  if (TimeBin* bin = timeline_.write(middle_bin(picture.time_ns))) {
    bin->answers_lost += clamped(frame.answers_lost);
    bin->events_lost += clamped(frame.events_lost);
    if (!first) {
      bin->errors += grown(picture.totals.errors, totals_.errors);
      bin->abandoned += grown(picture.totals.abandoned, totals_.abandoned);
    }
  }
  if (!first && picture.totals.requests > totals_.requests) {
    spread(picture.totals.requests - totals_.requests, *followed_ns_, picture.time_ns, bins_,
           [this](std::uint64_t number, std::uint64_t count) {
             TimeBin* bin = timeline_.write(number);
             if (bin != nullptr) bin->requests += static_cast<float>(count);
           });
  }
  const std::uint64_t now = bin_of(picture.time_ns);
  for (std::uint64_t number = first_unseen(now); number <= now; ++number) {
    TimeBin* bin = timeline_.write(number);
    if (bin == nullptr) continue;
    bin->seen = picture.attachment == picture::Attachment::live;
    bin->waiting = clamped(picture.totals.waiting);
    bin->in_flight = clamped(picture.totals.in_flight);
    bin->closed = picture.totals.closed ? *picture.totals.closed + 1 : 0;
    bin->p50_ms = static_cast<float>(picture.totals.p50_ms);
    bin->p99_ms = static_cast<float>(picture.totals.p99_ms);
  }
}

void History::add_latency(const picture::Frame& frame) {
  const std::uint64_t middle = middle_bin(frame.picture.time_ns);
  if (picture::LatencyColumn* column = latency_.write(middle)) {
    for (std::size_t row = 0; row < picture::kLatencyRows; ++row)
      (*column)[row] += frame.latency[row];
  }
  for (const picture::WorkerLatency& worker : frame.worker_latency) {
    if (worker.worker == 0 || worker.worker > workers_.size()) continue;
    WorkerBin* bin = workers_[worker.worker - 1].bins.write(middle);
    if (bin == nullptr) continue;
    bin->median_row = worker.median_row;
    bin->slowest_row = bin->slowest_row == picture::kNoLatency
                           ? worker.slowest_row
                           : std::max(bin->slowest_row, worker.slowest_row);
  }
}

/// Only what was looked at counts: in the first second that is less than a second.
void History::count_rates(picture::Snapshot& picture) const {
  const std::uint64_t end_ns = bin_of(picture.time_ns) * kBinNs;
  const std::uint64_t first_ns = std::max(end_ns - std::min(end_ns, kRateNs), oldest_ns());
  const std::uint64_t looked_ns = end_ns - std::min(end_ns, first_ns);
  double tenths = 0;
  for (WorkerReport& worker : picture.workers) {
    const double count = served(worker.number, picture.time_ns, kRateNs / kBinNs);
    const double own = looked_ns < kBinNs ? 0
                                          : std::round(10 * count * static_cast<double>(kRateNs) /
                                                       static_cast<double>(looked_ns));
    worker.requests_per_second = own / 10;
    tenths += own;
  }
  picture.totals.requests_per_second = tenths / 10;
}

const picture::Snapshot& History::at(std::uint64_t time_ns) const {
  if (time_ns >= latest_.time_ns) return latest_;
  if (const picture::Snapshot* picture = frames_.at(time_ns)) return *picture;
  static const picture::Snapshot nothing;
  return nothing;
}

std::uint64_t History::picture_from(std::uint64_t time_ns) const {
  const picture::Snapshot* picture = frames_.at(time_ns);
  if (picture == nullptr || picture->time_ns != time_ns) picture = frames_.after(time_ns);
  return picture != nullptr ? picture->time_ns : latest_.time_ns;
}

std::int64_t History::wall_clock_at(std::uint64_t time_ns) const {
  const picture::Snapshot& picture = at(std::max(time_ns, oldest_ns()));
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(picture.wall_clock_ns) + time_ns -
                                   picture.time_ns);
}

void History::worker_bins(std::uint32_t number, std::uint64_t time_ns,
                          std::span<WorkerBin> out) const {
  if (number == 0 || number > workers_.size()) {
    std::fill(out.begin(), out.end(), WorkerBin{});
  } else {
    workers_[number - 1].bins.until(time_ns, out);
  }
}

std::vector<WorkerBin> History::worker_bins(std::uint32_t number, std::uint64_t time_ns,
                                            std::size_t bins) const {
  std::vector<WorkerBin> result(bins);
  worker_bins(number, time_ns, result);
  return result;
}

bool History::cores_unknown(std::uint64_t time_ns) const {
  constexpr std::uint64_t kLookNs = 1'000'000'000;
  const picture::Snapshot& picture = at(time_ns);
  return picture.cores.empty() && picture.attachment == picture::Attachment::live &&
         picture.time_ns > oldest_ns() + kLookNs;
}

void History::core_bins(std::uint32_t core, std::uint64_t time_ns, std::span<float> out) const {
  if (core >= cores_.size()) {
    std::fill(out.begin(), out.end(), 0.0F);
  } else {
    cores_[core].until(time_ns, out);
  }
}

void History::own_core_bins(std::uint32_t core, std::uint64_t time_ns, std::span<float> out) const {
  if (core >= own_.size()) {
    std::fill(out.begin(), out.end(), 0.0F);
  } else {
    own_[core].until(time_ns, out);
  }
}

std::vector<float> History::core_bins(std::uint32_t core, std::uint64_t time_ns,
                                      std::size_t bins) const {
  std::vector<float> result(bins);
  core_bins(core, time_ns, result);
  return result;
}

void History::timeline(std::uint64_t time_ns, std::span<TimeBin> out) const {
  timeline_.until(time_ns, out);
}

std::optional<std::uint64_t> History::closed_between(std::uint64_t from_ns,
                                                     std::uint64_t to_ns) const {
  const TimeBin* before = timeline_.read(bin_of(from_ns) - 1);
  const TimeBin* after = timeline_.read(bin_of(to_ns) - 1);  // the newest one that is over
  if (before == nullptr || after == nullptr || before->closed == 0) return std::nullopt;
  if (after->closed < before->closed) return std::nullopt;
  return after->closed - before->closed;
}

picture::LatencyColumn History::latency(std::uint64_t time_ns, std::size_t bins) const {
  picture::LatencyColumn sum{};
  const std::uint64_t end = bin_of(time_ns);
  for (std::uint64_t bin = end - std::min<std::uint64_t>({bins, bins_, end}); bin < end; ++bin) {
    const picture::LatencyColumn* column = latency_.read(bin);
    if (column == nullptr) continue;
    for (std::size_t row = 0; row < picture::kLatencyRows; ++row) sum[row] += (*column)[row];
  }
  return sum;
}

std::vector<picture::Answer> History::answers(std::uint64_t time_ns, std::size_t count) const {
  return answers_.latest(time_ns, count, builder_.pending_answers());
}

std::vector<picture::Answer> History::answers_between(std::uint64_t from_ns,
                                                      std::uint64_t to_ns) const {
  return answers_.between(from_ns, to_ns, builder_.pending_answers());
}

double History::served(std::uint32_t number, std::uint64_t time_ns, std::size_t bins) const {
  if (number == 0 || number > workers_.size()) return 0;
  double sum = 0;
  const std::uint64_t end = bin_of(time_ns);
  for (std::uint64_t bin = end - std::min<std::uint64_t>({bins, bins_, end}); bin < end; ++bin) {
    const WorkerBin* value = workers_[number - 1].bins.read(bin);
    if (value != nullptr) sum += static_cast<double>(value->requests);
  }
  return sum;
}

std::optional<double> History::busy_share(std::uint32_t number, std::uint64_t time_ns,
                                          std::size_t bins) const {
  std::size_t looked = 0;
  std::size_t busy = 0;
  for (const WorkerBin& bin : worker_bins(number, time_ns, bins)) {
    looked += bin.state != WorkerState::unknown ? 1 : 0;
    busy += bin.state == WorkerState::busy ? 1 : 0;
  }
  if (looked == 0) return std::nullopt;
  return static_cast<double>(busy) / static_cast<double>(looked);
}

std::vector<double> History::share(std::uint64_t time_ns, std::uint64_t window_ns) const {
  std::vector<double> shares(workers_.size());
  for (const WorkerReport& worker : at(time_ns).workers) {
    if (worker.number == 0 || worker.number > shares.size()) continue;
    shares[worker.number - 1] = share(worker, time_ns, window_ns);
  }
  return shares;
}

/// Of a second that is what stands beside it as a rate.
double History::share(const WorkerReport& worker, std::uint64_t time_ns,
                      std::uint64_t window_ns) const {
  return window_ns == kRateNs ? worker.requests_per_second
                              : served(worker.number, time_ns, window_ns / kBinNs);
}

/// All the time, as far as it was looked at, by one process.
bool History::could_serve(const WorkerReport& worker, std::uint64_t time_ns,
                          std::size_t bins) const {
  if (worker.in_flight && worker.in_flight->start_ns + kRateNs <= time_ns) return false;
  const std::vector<WorkerBin> past = worker_bins(worker.number, time_ns, bins);
  return std::all_of(past.begin(), past.end(), [&worker](const WorkerBin& bin) {
    if (bin.state == WorkerState::unknown) return true;
    const bool serves = bin.state == WorkerState::idle || bin.state == WorkerState::busy;
    return serves && bin.generation == static_cast<std::uint16_t>(worker.generation);
  });
}

Evenness History::evenness(std::uint64_t time_ns, std::uint64_t window_ns) const {
  const std::size_t bins = window_ns / kBinNs;
  const picture::Snapshot& picture = at(time_ns);
  Evenness evenness{.workers = picture.workers.size()};
  std::vector<double> shares;
  for (const WorkerReport& worker : picture.workers) {
    if (!could_serve(worker, time_ns, bins)) {
      evenness.left_out.push_back(worker.number);
      if (could_serve(worker, time_ns, 1)) ++evenness.newcomers;
      continue;
    }
    shares.push_back(share(worker, time_ns, window_ns));
    evenness.requests += shares.back();
  }
  evenness.compared = shares.size();
  evenness.index = fairness(shares);
  return evenness;
}

const Incident* History::previous_incident(std::uint64_t time_ns) const {
  const Incident* nearest = nullptr;
  for (const Incident& incident : incidents_.all()) {
    if (incident.known_ns >= time_ns) continue;
    if (nearest == nullptr || incident.known_ns > nearest->known_ns) nearest = &incident;
  }
  return nearest;
}

const Incident* History::next_incident(std::uint64_t time_ns) const {
  const Incident* nearest = nullptr;
  for (const Incident& incident : incidents_.all()) {
    if (incident.known_ns <= time_ns) continue;
    if (nearest == nullptr || incident.known_ns < nearest->known_ns) nearest = &incident;
  }
  return nearest;
}

std::vector<EventRecord> History::events(std::uint64_t time_ns, std::size_t count) const {
  std::vector<EventRecord> result;
  for (auto event = events_.rbegin(); event != events_.rend() && result.size() < count; ++event) {
    if (event->time_ns <= time_ns) result.push_back(*event);
  }
  return result;
}

std::vector<EventRecord> History::events_between(std::uint64_t from_ns, std::uint64_t to_ns) const {
  std::vector<EventRecord> result;
  std::copy_if(
      events_.begin(), events_.end(), std::back_inserter(result),
      [&](const EventRecord& event) { return event.time_ns > from_ns && event.time_ns <= to_ns; });
  return result;
}

}  // namespace forkscope::history
