// Replays arbitrary bytes, and asks the history everything that the screen asks, at many moments.
//
// Each input is tried as it is, and once more with every checksum put right, since no fuzzer finds
// a CRC by chance: what is behind it has to stand lies, too. Beside the sanitizers' findings, these
// must hold for whatever was replayed:
//
//   - times ascend, and the view time is within them
//   - no picture and no incident is from after the moment that was asked for
//   - what is shown to people is printable
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/crc32c.h"
#include "forkscope/telemetry/event_text.h"
#include "history/changes.h"
#include "recording/recording_error.h"
#include "recording/replay.h"
#include "words/change_text.h"
#include "words/losses.h"
#include "words/wait.h"
#include "words/wording.h"

namespace {

using namespace forkscope;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kMaxInput = std::size_t{1} << 16;

void require(bool holds, int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "what line %d requires does not hold\n", line);
  std::abort();
}

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Puts the checksums of the header, and of all chunks that follow one another, right.
void put_right(Bytes& file) {
  recording::FileHeader header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  header.crc32c = telemetry::crc32c(std::span(file).first(offsetof(recording::FileHeader, crc32c)));
  std::memcpy(file.data(), &header, sizeof header);
  std::size_t at = header.header_bytes;
  recording::ChunkHeader chunk;
  while (at <= file.size() && file.size() - at >= sizeof chunk) {
    std::memcpy(&chunk, file.data() + at, sizeof chunk);
    const std::size_t room = file.size() - at - sizeof chunk;
    if (chunk.bytes > room) chunk.bytes = static_cast<std::uint32_t>(room);  // the last one
    std::memcpy(file.data() + at, &chunk, sizeof chunk);
    const auto covered = std::span(file).subspan(at + 4, 16);
    const auto frame = std::span(file).subspan(at + sizeof chunk, chunk.bytes);
    chunk.crc32c = telemetry::crc32c(frame, telemetry::crc32c(covered));
    std::memcpy(file.data() + at, &chunk, sizeof chunk);
    at += sizeof chunk + chunk.bytes;
  }
}

void look(const history::History& history, std::uint64_t time_ns) {
  const picture::Snapshot& picture = history.at(time_ns);
  require(picture.time_ns <= time_ns);
  require(printable(picture.attachment_detail) && printable(picture.server.host));
  std::vector<history::WorkerBin> bins(300);
  for (const telemetry::WorkerReport& worker : picture.workers) {
    require(worker.number >= 1 && worker.number <= telemetry::kMaxSlots);
    require(!worker.in_flight || printable(worker.in_flight->path));
    history.worker_bins(worker.number, time_ns, bins);
    history.served(worker.number, time_ns, 5);
  }
  for (const picture::CoreSample& core : picture.cores) {
    require(core.utilisation >= 0 && core.utilisation <= 1);
    history.core_bins(core.number, time_ns, 10);
  }
  std::vector<history::TimeBin> timeline(100);
  history.timeline(time_ns, timeline);
  for (const history::Incident& incident : history.incidents(time_ns)) {
    require(incident.known_ns <= time_ns);
    require(printable(joined(words::headline(incident, picture, {}))));
    require(printable(joined(words::receipt(incident))));
    for (const words::ChainStep& step : words::chain(incident)) {
      require(printable(step.title) && printable(step.detail));
    }
  }
  for (const history::Change& change : history::recent_changes(history, time_ns)) {
    require(printable(joined(words::change_text(change, time_ns))));
  }
  for (const words::Wait& wait : words::waits(picture)) {
    require(printable(wait_text(wait) + limit_text(wait)));
  }
  const words::Losses losses = words::losses_at(history, time_ns);
  require(printable(losses_text(losses, 4)));
  for (const telemetry::EventRecord& event : history.events(time_ns, 50)) {
    require(event.time_ns <= time_ns && printable(telemetry::describe(event)));
  }
  for (const picture::Answer& answer : history.answers(time_ns, 50)) {
    require(answer.end_ns <= time_ns && printable(answer.path_tail));
  }
  history.answers_between(time_ns - std::min<std::uint64_t>(time_ns, 1'000'000'000), time_ns);
  history.latency(time_ns, 100);
  const double fair = history.evenness(time_ns, 1'000'000'000).index;
  require(fair >= 0 && fair <= 1.000001);
  history.previous_incident(time_ns);
  history.next_incident(time_ns);
}

void replay(const Bytes& file) {
  try {
    const recording::Replay replay = recording::read_replay(file, {});
    require(replay.start_ns <= replay.view_ns && replay.view_ns <= replay.end_ns);
    require(printable(replay.notice));
    const std::uint64_t length = replay.end_ns - replay.start_ns;
    for (std::uint64_t part = 0; part <= 4; ++part) {
      look(replay.history, replay.start_ns + length / 4 * part);
    }
    look(replay.history, replay.end_ns);
  } catch (const recording::RecordingError& error) {
    require(printable(error.what()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  const auto* first = reinterpret_cast<const std::byte*>(data);
  Bytes file(first, first + size);
  replay(file);
  put_right(file);
  replay(file);
  return 0;
}
