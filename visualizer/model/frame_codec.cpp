#include "model/frame_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "model/byte_stream.h"

namespace forkscope::model {

using telemetry::EventRecord;
using telemetry::WorkerReport;

namespace {

// Limits of what a frame may hold; more cannot be true.
constexpr std::size_t kMaxCores = 1024;
constexpr std::size_t kMaxStrings = kFramesPerGroup * (telemetry::kMaxSlots + 64);
constexpr std::size_t kMaxStringBytes = 512;
constexpr std::size_t kMaxMarkers = 256;
/// Times are below this, so that sums of two do not overflow: 146 years after boot.
constexpr std::uint64_t kMaxTimeNs = std::uint64_t{1} << 62;

using Words = std::span<std::uint64_t>;

std::uint64_t scaled(double value, double factor) {
  if (!(value > 0)) return 0;  // NaN, too
  return static_cast<std::uint64_t>(std::llround(std::min(value * factor, 1e18)));
}

std::uint64_t flag(bool set) { return set ? 1 : 0; }

/// Enumerators from a file are taken at their word only up to the last that is known.
template <typename Enum>
Enum enum_of(std::uint64_t word, Enum last, Enum otherwise) {
  return word <= static_cast<std::uint64_t>(last) ? static_cast<Enum>(word) : otherwise;
}

/// Printable ASCII and the "…" of a shortened path stay; whatever else becomes '?'.
std::string harmless(std::string_view text) {
  static constexpr std::string_view kEllipsis = "…";
  std::string result;
  while (!text.empty()) {
    if (text.starts_with(kEllipsis)) {
      result += kEllipsis;
      text.remove_prefix(kEllipsis.size());
      continue;
    }
    result += text.front() >= 0x20 && text.front() <= 0x7E ? text.front() : '?';
    text.remove_prefix(1);
  }
  return result;
}

/// `string(text)` gives the word of a string.
template <typename StringWord>
PictureWords words_of(const Snapshot& picture, StringWord string) {
  PictureWords result;
  const ServerInfo& server = picture.server;
  result.server = {picture.time_ns,
                   static_cast<std::uint64_t>(picture.wall_clock_ns) - picture.time_ns,
                   static_cast<std::uint64_t>(picture.attachment),
                   string(picture.attachment_detail),
                   server.beat_age_ns,
                   server.target_workers,
                   flag(server.draining),
                   server.port,
                   string(server.host),
                   string(server.version),
                   server.primary_pid,
                   server.instance_id,
                   server.hang_after_ns,
                   server.kill_after_ns,
                   flag(server.faults_enabled)};
  const Totals& totals = picture.totals;
  result.totals = {totals.requests,
                   scaled(totals.requests_per_second, 10),
                   scaled(totals.p50_ms, 1e6),
                   scaled(totals.p99_ms, 1e6),
                   totals.waiting,
                   totals.in_flight,
                   totals.errors,
                   totals.abandoned,
                   totals.respawns,
                   totals.hangs,
                   totals.lost_records,
                   totals.lost_events};
  for (const WorkerReport& worker : picture.workers) {
    const bool ascends =
        result.workers.empty() ? worker.number > 0 : worker.number > result.workers.back().number;
    if (!ascends || worker.number > telemetry::kMaxSlots) continue;
    const telemetry::InFlight request = worker.in_flight.value_or(telemetry::InFlight{});
    const telemetry::ExitReport exit = worker.last_exit.value_or(telemetry::ExitReport{});
    // Those that change most come first: the mask of what has changed stays short.
    result.workers.push_back(
        {worker.number,
         {worker.requests,
          scaled(worker.requests_per_second, 10),
          worker.busy_since_ns,
          request.id,
          request.start_ns,
          worker.core,
          string(request.path),
          request.connection,
          worker.in_flight ? 1 + static_cast<std::uint64_t>(request.method) : 0,
          static_cast<std::uint64_t>(worker.state),
          static_cast<std::uint64_t>(worker.phase),
          worker.connections,
          static_cast<std::uint64_t>(worker.hang_kind),
          worker.pid,
          worker.generation,
          worker.state_since_ns,
          worker.stuck_since_ns,
          worker.kill_at_ns,
          worker.pid != 0 ? picture.time_ns - worker.uptime_ns : 0,
          worker.respawns,
          worker.hangs,
          flag(worker.last_exit.has_value()) | flag(exit.was_hung) << 1 |
              flag(exit.core_dumped) << 2,
          static_cast<std::uint64_t>(exit.cause),
          exit.code,
          exit.abandoned,
          exit.time_ns}});
  }
  for (const CoreSample& core : picture.cores) {
    const bool ascends = result.cores.empty() || core.number > result.cores.back().number;
    if (!ascends || result.cores.size() == kMaxCores) continue;
    result.cores.push_back({core.number, scaled(std::min(core.utilisation, 1.0), 1000)});
  }
  return result;
}

telemetry::WorkerState state_of(std::uint64_t word) {
  using telemetry::WorkerState;
  return enum_of(word, WorkerState::unknown, WorkerState::unknown);
}

telemetry::Method method_of(std::uint64_t word) {
  return enum_of(word, telemetry::Method::options, telemetry::Method::other);
}

template <typename Text>
WorkerReport report_of(const PictureWords::Worker& worker, std::uint64_t time_ns, Text text) {
  using namespace telemetry;
  const auto& words = worker.words;
  WorkerReport report;
  report.number = static_cast<std::uint32_t>(worker.number);
  report.requests = words[0];
  report.requests_per_second = static_cast<double>(words[1]) / 10;
  report.busy_since_ns = words[2];
  report.core = static_cast<std::uint32_t>(words[5]);
  if (words[8] != 0) {
    report.in_flight =
        InFlight{words[3], words[4], words[7], method_of(words[8] - 1), text(words[6])};
  }
  report.state = state_of(words[9]);
  report.phase = enum_of(words[10], Phase::flushing, Phase::booting);
  report.connections = words[11];
  report.hang_kind = enum_of(words[12], HangKind::stopped, HangKind::none);
  report.pid = static_cast<std::uint32_t>(words[13]);
  report.generation = static_cast<std::uint32_t>(words[14]);
  report.state_since_ns = words[15];
  report.stuck_since_ns = words[16];
  report.kill_at_ns = words[17];
  if (report.pid != 0 && words[18] < time_ns) report.uptime_ns = time_ns - words[18];
  report.respawns = words[19];
  report.hangs = words[20];
  if ((words[21] & 1) != 0) {
    ExitReport exit;
    exit.was_hung = (words[21] & 2) != 0;
    exit.core_dumped = (words[21] & 4) != 0;
    exit.cause = enum_of(words[22], ExitCause::signaled, ExitCause::none);
    exit.code = static_cast<std::uint32_t>(words[23]);
    exit.abandoned = static_cast<std::uint32_t>(words[24]);
    exit.time_ns = words[25];
    report.last_exit = exit;
  }
  return report;
}

/// `text(word)` gives the string of a word.
template <typename Text>
Snapshot picture_of(const PictureWords& words, Text text) {
  Snapshot picture;
  const auto& server = words.server;
  picture.time_ns = server[0];
  picture.wall_clock_ns = static_cast<std::int64_t>(server[0] + server[1]);
  picture.attachment = enum_of(server[2], Attachment::lost, Attachment::lost);
  picture.attachment_detail = text(server[3]);
  picture.server.beat_age_ns = server[4];
  picture.server.target_workers = server[5];
  picture.server.draining = server[6] != 0;
  picture.server.port = static_cast<std::uint16_t>(server[7]);
  picture.server.host = text(server[8]);
  picture.server.version = text(server[9]);
  picture.server.primary_pid = static_cast<std::uint32_t>(server[10]);
  picture.server.instance_id = server[11];
  picture.server.hang_after_ns = server[12];
  picture.server.kill_after_ns = server[13];
  picture.server.faults_enabled = server[14] != 0;
  const auto& totals = words.totals;
  picture.totals.requests = totals[0];
  picture.totals.requests_per_second = static_cast<double>(totals[1]) / 10;
  picture.totals.p50_ms = static_cast<double>(totals[2]) / 1e6;
  picture.totals.p99_ms = static_cast<double>(totals[3]) / 1e6;
  picture.totals.waiting = totals[4];
  picture.totals.in_flight = totals[5];
  picture.totals.errors = totals[6];
  picture.totals.abandoned = totals[7];
  picture.totals.respawns = totals[8];
  picture.totals.hangs = totals[9];
  picture.totals.lost_records = totals[10];
  picture.totals.lost_events = std::min(totals[11], totals[10]);
  for (const PictureWords::Worker& worker : words.workers) {
    picture.workers.push_back(report_of(worker, picture.time_ns, text));
  }
  for (const PictureWords::Core& core : words.cores) {
    const auto permille = static_cast<double>(std::min<std::uint64_t>(core.permille, 1000));
    picture.cores.push_back({static_cast<std::uint32_t>(core.number), permille / 1000, {}});
  }
  assign_workers_to_cores(picture);
  return picture;
}

// ── what has changed ─────────────────────────────────────────────────────────────────────────────

void write_changes(ByteWriter& out, std::span<const std::uint64_t> words,
                   std::span<const std::uint64_t> previous) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < words.size(); ++i) mask |= flag(words[i] != previous[i]) << i;
  out.number(mask);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != previous[i]) out.difference(words[i], previous[i]);
  }
}

/// `words` are the previous ones, and then those of this frame.
void read_changes(ByteReader& in, Words words) {
  const std::uint64_t mask = in.number();
  if (mask >> words.size() != 0) return in.fail();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((mask >> i & 1) != 0) words[i] = in.difference(words[i]);
  }
}

/// What has a number in ascending order: whether the numbers are those of before, else how many and
/// the steps between them.
template <typename Item>
void write_numbers(ByteWriter& out, const std::vector<Item>& items,
                   const std::vector<Item>& previous) {
  const bool same =
      std::equal(items.begin(), items.end(), previous.begin(), previous.end(),
                 [](const Item& left, const Item& right) { return left.number == right.number; });
  out.number(flag(!same));
  if (same) return;
  out.number(items.size());
  std::uint64_t before = 0;
  for (const Item& item : items) {
    out.number(item.number - before);
    before = item.number;
  }
}

/// Items that were there before keep their words.
template <typename Item>
void read_numbers(ByteReader& in, std::vector<Item>& items, std::size_t most,
                  std::uint64_t highest) {
  if (in.number() == 0) return;
  const std::vector<Item> previous = std::exchange(items, {});
  const std::size_t count = in.count(most);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t step = in.number();
    if (step > highest - number || (i > 0 && step == 0)) return in.fail();
    number += step;
    const auto old = std::find_if(previous.begin(), previous.end(),
                                  [number](const Item& item) { return item.number == number; });
    items.push_back(old != previous.end() ? *old : Item{});
    items.back().number = number;
  }
}

template <typename Item>
Item before(const std::vector<Item>& previous, std::uint64_t number) {
  const auto found =
      std::lower_bound(previous.begin(), previous.end(), number,
                       [](const Item& item, std::uint64_t wanted) { return item.number < wanted; });
  return found != previous.end() && found->number == number ? *found : Item{};
}

void write_picture(ByteWriter& out, const PictureWords& words, const PictureWords& previous) {
  write_changes(out, words.server, previous.server);
  write_changes(out, words.totals, previous.totals);
  write_numbers(out, words.workers, previous.workers);
  for (const PictureWords::Worker& worker : words.workers) {
    write_changes(out, worker.words, before(previous.workers, worker.number).words);
  }
  write_numbers(out, words.cores, previous.cores);
  for (const PictureWords::Core& core : words.cores) {
    out.difference(core.permille, before(previous.cores, core.number).permille);
  }
}

void read_picture(ByteReader& in, PictureWords& words) {
  read_changes(in, words.server);
  read_changes(in, words.totals);
  read_numbers(in, words.workers, telemetry::kMaxSlots, telemetry::kMaxSlots);
  for (PictureWords::Worker& worker : words.workers) {
    if (worker.number == 0) return in.fail();
    read_changes(in, worker.words);
  }
  read_numbers(in, words.cores, kMaxCores, UINT32_MAX);
  for (PictureWords::Core& core : words.cores) core.permille = in.difference(core.permille);
}

// ── what has happened ────────────────────────────────────────────────────────────────────────────

void write_answers(ByteWriter& out, const std::vector<Answer>& answers,
                   const std::vector<std::uint64_t>& paths, std::uint64_t time_ns) {
  out.number(answers.size());
  std::uint64_t end_ns = time_ns;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    out.difference(answer.end_ns, end_ns);
    end_ns = answer.end_ns;
    out.number(answer.duration_ns);
    out.number(answer.id);
    out.number(answer.worker);
    out.number(answer.connection);
    out.number(answer.status);
    out.number(answer.core);
    out.number(static_cast<std::uint64_t>(answer.method));
    out.number(paths[i]);
  }
}

template <typename Text>
void read_answers(ByteReader& in, std::vector<Answer>& answers, std::uint64_t time_ns, Text text) {
  const std::size_t count = in.count(kAnswersPerFrame);
  std::uint64_t end_ns = time_ns;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    Answer& answer = answers.emplace_back();
    answer.end_ns = end_ns = in.difference(end_ns);
    answer.duration_ns = in.number();
    answer.id = in.number();
    answer.worker = static_cast<std::uint32_t>(in.count(telemetry::kMaxSlots));
    answer.connection = static_cast<std::uint32_t>(in.number());
    answer.status = static_cast<std::uint16_t>(in.number());
    answer.core = static_cast<std::uint16_t>(in.number());
    answer.method = method_of(in.number());
    answer.path_tail = text(in.number());
  }
}

void write_latency(ByteWriter& out, const Frame& frame) {
  out.number(static_cast<std::uint64_t>(
      std::count_if(frame.latency.begin(), frame.latency.end(), [](auto n) { return n > 0; })));
  for (std::uint32_t row = 0; row < kLatencyRows; ++row) {
    if (frame.latency[row] == 0) continue;
    out.number(row);
    out.number(frame.latency[row]);
  }
  out.number(frame.worker_latency.size());
  for (const WorkerLatency& worker : frame.worker_latency) {
    out.number(worker.worker);
    out.number(worker.median_row);
    out.number(worker.slowest_row);
  }
}

void read_latency(ByteReader& in, Frame& frame) {
  const std::size_t rows = in.count(kLatencyRows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t row = in.count(kLatencyRows - 1);
    frame.latency[row] = static_cast<std::uint32_t>(in.count(UINT32_MAX));
  }
  const std::size_t workers = in.count(telemetry::kMaxSlots);
  for (std::size_t i = 0; i < workers && !in.failed(); ++i) {
    WorkerLatency& worker = frame.worker_latency.emplace_back();
    worker.worker = static_cast<std::uint16_t>(in.count(telemetry::kMaxSlots));
    worker.median_row = static_cast<std::uint8_t>(in.count(kLatencyRows - 1));
    worker.slowest_row = static_cast<std::uint8_t>(in.count(kLatencyRows - 1));
  }
}

}  // namespace

// ── frames ───────────────────────────────────────────────────────────────────────────────────────

std::uint64_t FrameEncoder::word_of(const std::string& text) {
  if (text.empty() || strings_.size() == kMaxStrings) return 0;
  const std::string kept = text.substr(0, kMaxStringBytes);
  const auto [found, added] = strings_.try_emplace(kept, strings_.size() + 1);
  if (added) new_strings_.push_back(kept);
  return found->second;
}

FrameEncoder::Encoded FrameEncoder::encode(const Frame& frame) {
  Encoded encoded;
  encoded.key = frames_ == 0;
  encoded.time_ns = frame.picture.time_ns;
  if (encoded.key) {
    previous_ = {};
    strings_.clear();
  }
  frames_ = (frames_ + 1) % kFramesPerGroup;

  const auto string = [this](const std::string& text) { return word_of(text); };
  PictureWords words = words_of(frame.picture, string);
  const std::size_t answers = std::min(frame.answers.size(), kAnswersPerFrame);
  const std::vector<Answer> kept(frame.answers.end() - static_cast<std::ptrdiff_t>(answers),
                                 frame.answers.end());
  std::vector<std::uint64_t> paths;
  paths.reserve(kept.size());
  for (const Answer& answer : kept) paths.push_back(string(answer.path_tail));

  ByteWriter out;
  out.number(new_strings_.size());
  for (const std::string& text : std::exchange(new_strings_, {})) out.text(text);
  write_picture(out, words, previous_);
  previous_ = std::move(words);
  out.number(frame.answers_seen);
  out.number(frame.answers_lost);
  out.number(frame.events_lost);
  write_answers(out, kept, paths, frame.picture.time_ns);
  write_latency(out, frame);
  const std::size_t events = std::min<std::size_t>(frame.events.size(), telemetry::kEventCapacity);
  out.number(events);
  for (std::size_t i = frame.events.size() - events; i < frame.events.size(); ++i) {
    out.raw(&frame.events[i], sizeof(EventRecord));
  }
  const std::size_t markers = std::min(frame.markers.size(), kMaxMarkers);
  out.number(markers);
  for (std::size_t i = 0; i < markers; ++i) {
    out.difference(frame.markers[i], frame.picture.time_ns);
  }
  encoded.bytes = out.take();
  return encoded;
}

bool FrameDecoder::decode(bool key, std::span<const std::byte> bytes, Frame& frame) {
  if (key) {
    previous_ = {};
    strings_.clear();
    begun_ = true;
  }
  if (!begun_ || bytes.size() > kMaxFrameBytes) return begun_ = false;

  ByteReader in(bytes);
  const std::uint64_t before_ns = previous_.server[0];
  const std::size_t strings = in.count(kMaxStrings - strings_.size());
  for (std::size_t i = 0; i < strings && !in.failed(); ++i) {
    strings_.push_back(harmless(in.text(kMaxStringBytes)));
  }
  const auto text = [this](std::uint64_t word) {
    return word == 0 || word > strings_.size() ? std::string() : strings_[word - 1];
  };
  read_picture(in, previous_);
  const std::uint64_t time_ns = previous_.server[0];
  if (in.failed() || time_ns <= before_ns || time_ns >= kMaxTimeNs) return begun_ = false;

  frame = Frame{};
  frame.picture = picture_of(previous_, text);
  frame.answers_seen = in.number();
  frame.answers_lost = in.number();
  frame.events_lost = in.number();
  read_answers(in, frame.answers, time_ns, text);
  read_latency(in, frame);
  const std::size_t events = in.count(telemetry::kEventCapacity);
  for (std::size_t i = 0; i < events && !in.failed(); ++i) {
    in.raw(&frame.events.emplace_back(), sizeof(EventRecord));
  }
  const std::size_t markers = in.count(kMaxMarkers);
  for (std::size_t i = 0; i < markers; ++i) frame.markers.push_back(in.difference(time_ns));
  // What a later minor version has appended is left unread.
  if (in.failed()) begun_ = false;
  return begun_;
}

}  // namespace forkscope::model
