#include "codec/frame_codec.h"

#include <algorithm>
#include <utility>

#include "codec/byte_stream.h"

namespace forkscope::codec {

using telemetry::EventRecord;

namespace {

// Limits of what a frame may hold; more cannot be true.
constexpr std::size_t kMaxStrings = kFramesPerGroup * (telemetry::kMaxSlots + 64);
constexpr std::size_t kMaxStringBytes = 512;
constexpr std::size_t kMaxMarkers = 256;
/// Times are below this, so that sums of two do not overflow: 146 years after boot.
constexpr std::uint64_t kMaxTimeNs = std::uint64_t{1} << 62;

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

// ── what has changed ─────────────────────────────────────────────────────────────────────────────

void write_changes(ByteWriter& out, std::span<const std::uint64_t> words,
                   std::span<const std::uint64_t> previous) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    mask |= std::uint64_t{words[i] != previous[i]} << i;
  }
  out.number(mask);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != previous[i]) out.difference(words[i], previous[i]);
  }
}

/// `words` are the previous ones, and then those of this frame.
void read_changes(ByteReader& in, std::span<std::uint64_t> words) {
  const std::uint64_t mask = in.number();
  for (std::size_t i = 0; i < 64 && !in.failed(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    std::uint64_t unknown = 0;  // A later minor version may append words: they are read over.
    std::uint64_t& word = i < words.size() ? words[i] : unknown;
    word = in.difference(word);
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
  out.number(same ? 0 : 1);
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

void write_answers(ByteWriter& out, const std::vector<picture::Answer>& answers,
                   const std::vector<std::uint64_t>& paths, std::uint64_t time_ns) {
  out.number(answers.size());
  std::uint64_t end_ns = time_ns;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const picture::Answer& answer = answers[i];
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

void read_answers(ByteReader& in, std::vector<picture::Answer>& answers, std::uint64_t time_ns,
                  const TextOfWord& text_of) {
  const std::size_t count = in.count(picture::kAnswersPerFrame);
  std::uint64_t end_ns = time_ns;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    picture::Answer& answer = answers.emplace_back();
    answer.end_ns = end_ns = in.difference(end_ns);
    answer.duration_ns = in.number();
    answer.id = in.number();
    answer.worker = static_cast<std::uint32_t>(in.count(telemetry::kMaxSlots));
    answer.connection = static_cast<std::uint32_t>(in.number());
    answer.status = static_cast<std::uint16_t>(in.number());
    answer.core = static_cast<std::uint16_t>(in.number());
    answer.method = method_of(in.number());
    answer.path_tail = text_of(in.number());
  }
}

/// Of few answers: their index among the answers, and the worker.
void write_heard(ByteWriter& out, const std::vector<picture::Answer>& answers) {
  out.number(static_cast<std::uint64_t>(std::count_if(
      answers.begin(), answers.end(), [](const auto& answer) { return answer.heard_from > 0; })));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].heard_from == 0) continue;
    out.number(i);
    out.number(answers[i].heard_from);
  }
}

void read_heard(ByteReader& in, std::vector<picture::Answer>& answers) {
  const std::size_t count = in.count(answers.size());
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const std::size_t index = in.count(answers.size() - 1);
    answers[index].heard_from = static_cast<std::uint8_t>(in.count(UINT8_MAX));
  }
}

void write_latency(ByteWriter& out, const picture::Frame& frame) {
  out.number(static_cast<std::uint64_t>(
      std::count_if(frame.latency.begin(), frame.latency.end(), [](auto n) { return n > 0; })));
  for (std::uint32_t row = 0; row < picture::kLatencyRows; ++row) {
    if (frame.latency[row] == 0) continue;
    out.number(row);
    out.number(frame.latency[row]);
  }
  out.number(frame.worker_latency.size());
  for (const picture::WorkerLatency& worker : frame.worker_latency) {
    out.number(worker.worker);
    out.number(worker.median_row);
    out.number(worker.slowest_row);
  }
}

void read_latency(ByteReader& in, picture::Frame& frame) {
  const std::size_t rows = in.count(picture::kLatencyRows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t row = in.count(picture::kLatencyRows - 1);
    frame.latency[row] = static_cast<std::uint32_t>(in.count(UINT32_MAX));
  }
  const std::size_t workers = in.count(telemetry::kMaxSlots);
  for (std::size_t i = 0; i < workers && !in.failed(); ++i) {
    picture::WorkerLatency& worker = frame.worker_latency.emplace_back();
    worker.worker = static_cast<std::uint16_t>(in.count(telemetry::kMaxSlots));
    worker.median_row = static_cast<std::uint8_t>(in.count(picture::kLatencyRows - 1));
    worker.slowest_row = static_cast<std::uint8_t>(in.count(picture::kLatencyRows - 1));
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

FrameEncoder::Encoded FrameEncoder::encode(const picture::Frame& frame) {
  Encoded encoded;
  encoded.key = frames_ == 0;
  encoded.time_ns = frame.picture.time_ns;
  if (encoded.key) {
    previous_ = {};
    strings_.clear();
  }
  frames_ = (frames_ + 1) % kFramesPerGroup;

  const WordOfText word_of_text = [this](const std::string& text) { return word_of(text); };
  const PictureWords words = words_of(frame.picture, word_of_text);
  const std::size_t answers = std::min(frame.answers.size(), picture::kAnswersPerFrame);
  const std::vector<picture::Answer> kept(
      frame.answers.end() - static_cast<std::ptrdiff_t>(answers), frame.answers.end());
  std::vector<std::uint64_t> paths;
  paths.reserve(kept.size());
  for (const picture::Answer& answer : kept) paths.push_back(word_of(answer.path_tail));

  ByteWriter out;
  out.number(new_strings_.size());
  for (const std::string& text : std::exchange(new_strings_, {})) out.text(text);
  write_picture(out, words, previous_);
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
  for (const PictureWords::Core& core : words.cores) out.number(core.own_permille);
  write_heard(out, kept);
  previous_ = words;
  encoded.bytes = out.take();
  return encoded;
}

bool FrameDecoder::decode(bool key, std::span<const std::byte> bytes, picture::Frame& frame) {
  if (key) {
    previous_ = {};
    strings_.clear();
    begun_ = true;
  }
  if (!begun_ || bytes.size() > kMaxFrameBytes) return begun_ = false;

  ByteReader in(bytes);
  const std::uint64_t before_ns = previous_.time_ns();
  const std::size_t strings = in.count(kMaxStrings - strings_.size());
  for (std::size_t i = 0; i < strings && !in.failed(); ++i) {
    strings_.push_back(harmless(in.text(kMaxStringBytes)));
  }
  const TextOfWord text_of = [this](std::uint64_t word) {
    return word == 0 || word > strings_.size() ? std::string() : strings_[word - 1];
  };
  read_picture(in, previous_);
  const std::uint64_t time_ns = previous_.time_ns();
  if (in.failed() || time_ns <= before_ns || time_ns >= kMaxTimeNs) return begun_ = false;

  frame = picture::Frame{};
  frame.answers_seen = in.number();
  frame.answers_lost = in.number();
  frame.events_lost = in.number();
  read_answers(in, frame.answers, time_ns, text_of);
  read_latency(in, frame);
  const std::size_t events = in.count(telemetry::kEventCapacity);
  for (std::size_t i = 0; i < events && !in.failed(); ++i) {
    in.raw(&frame.events.emplace_back(), sizeof(EventRecord));
  }
  const std::size_t markers = in.count(kMaxMarkers);
  for (std::size_t i = 0; i < markers; ++i) frame.markers.push_back(in.difference(time_ns));
  for (PictureWords::Core& core : previous_.cores) {
    core.own_permille = in.at_end() ? 0 : in.number();  // since 1.2
  }
  if (!in.at_end()) read_heard(in, frame.answers);  // since 1.6
  frame.picture = picture_of(previous_, text_of);
  // What a later minor version has appended is left unread.
  if (in.failed()) begun_ = false;
  return begun_;
}

}  // namespace forkscope::codec
