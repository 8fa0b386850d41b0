#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "codec/byte_stream.h"
#include "forkscope/telemetry/crc32c.h"
#include "recording/recorder.h"
#include "recording/recording_error.h"
#include "recording/replay.h"
#include "recording_script.h"
#include "support/temp_dir.h"
#include "words/wording.h"

namespace forkscope::recording {
namespace {

using history::History;
using test::kScriptStart;
using test::kSecond;
using testing::HasSubstr;
using testing::StartsWith;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

Bytes encoded(const picture::Frame& frame) {
  codec::FrameEncoder encoder;
  return encoder.encode(frame).bytes;
}

/// A frame that stands by itself; nothing where it is refused.
std::optional<picture::Frame> decoded(std::span<const std::byte> bytes) {
  codec::FrameDecoder decoder;
  picture::Frame frame;
  if (!decoder.decode(true, bytes, frame)) return std::nullopt;
  return frame;
}

/// Records the script.
Bytes record(std::uint32_t workers, History& history) {
  const support::TempDir directory;
  const std::string path = (directory.path() / "run.rec").string();
  Recorder recorder(path);
  history.set_sink([&](const auto& frame) { recorder.add(frame); });
  test::play_script(history, workers);
  history.set_sink({});
  EXPECT_EQ(recorder.error(), "");
  return bytes_of(path);
}

std::string error_of(std::span<const std::byte> file, std::optional<Moment> at = {}) {
  try {
    read_replay(file, at);
  } catch (const RecordingError& error) {
    return error.what();
  }
  return "";
}

nlohmann::json values_of(const picture::Snapshot& picture) {
  nlohmann::json all;
  const picture::ServerInfo& server = picture.server;
  all["server"] = {picture.time_ns,
                   picture.wall_clock_ns,
                   static_cast<int>(picture.attachment),
                   picture.attachment_detail,
                   picture.observer_cpu.has_value(),
                   server.port,
                   server.host,
                   server.version,
                   server.primary_pid,
                   server.instance_id,
                   server.hang_after_ns,
                   server.kill_after_ns,
                   server.target_workers,
                   server.faults_enabled,
                   static_cast<int>(server.protection),
                   static_cast<int>(server.balance),
                   server.beat_age_ns};
  const picture::Totals& totals = picture.totals;
  all["totals"] = {totals.requests, totals.requests_per_second, totals.p99_ms,
                   totals.errors,   totals.lost_records,        totals.lost_events,
                   totals.moved,    totals.closed.value_or(77)};
  for (const auto& worker : picture.workers) {
    all["workers"].push_back({worker.number, worker.pid, worker.generation,
                              static_cast<int>(worker.state), static_cast<int>(worker.phase),
                              worker.core, worker.connections, worker.requests, worker.queue_length,
                              worker.queue_limit, worker.requests_per_second, worker.uptime_ns,
                              worker.busy_since_ns, worker.in_flight ? worker.in_flight->path : "",
                              worker.in_flight ? worker.in_flight->start_ns : 0,
                              worker.last_exit ? worker.last_exit->code : 0,
                              worker.program ? worker.program->reports : 77,
                              worker.program ? worker.program->reports_ignored : 0,
                              worker.program ? worker.program->in_hand : 0});
  }
  for (const auto& core : picture.cores) {
    all["cores"].push_back({core.number, core.utilisation, core.workers, core.own.value_or(-1)});
  }
  return all;
}

/// Everything that a view can ask of a moment, as text.
std::string all_of(const History& history, std::uint64_t time_ns) {
  const picture::Snapshot& picture = history.at(time_ns);
  nlohmann::json all = values_of(picture);
  for (const auto& worker : picture.workers) {
    for (const auto& bin : history.worker_bins(worker.number, time_ns, 100)) {
      all["bins"].push_back({bin.requests, static_cast<int>(bin.state), bin.generation,
                             bin.median_row, bin.slowest_row});
    }
  }
  for (const auto& core : picture.cores) {
    all["core bins"].push_back(history.core_bins(core.number, time_ns, 100));
  }
  std::vector<history::TimeBin> timeline(100);
  history.timeline(time_ns, timeline);
  for (const history::TimeBin& bin : timeline) {
    all["timeline"].push_back({bin.seen, bin.requests, bin.answers_lost, bin.events_lost,
                               bin.errors, bin.waiting, bin.p99_ms});
  }
  for (const auto& answer : history.answers_between(time_ns - 2 * kSecond, time_ns)) {
    all["answers"].push_back(
        {answer.id, answer.end_ns, answer.worker, answer.path_tail, answer.heard_from});
  }
  for (const auto& incident : history.incidents(time_ns)) {
    all["incidents"].push_back(joined(words::receipt(incident)));
    for (const auto& step : words::chain(incident))
      all["chain"].push_back({step.title, step.detail});
  }
  for (const auto& event : history.events(time_ns, 100)) all["events"].push_back(event.time_ns);
  all["latency"] = history.latency(time_ns, 100);
  all["share"] = history.share(time_ns, 10 * kSecond);
  all["fairness"] = history.evenness(time_ns, 10 * kSecond).index;
  all["markers"] = history.markers();
  return all.dump();
}

TEST(Recording, GivesBackWhatWasSeenAtEveryMoment) {
  History live;
  const Bytes file = record(5, live);
  const Replay replay = read_replay(file, {});
  EXPECT_EQ(replay.notice, "");
  EXPECT_GT(live.incidents().size(), 1U);
  // A live history's newest picture may be younger than its last frame; moments before are alike.
  for (std::uint64_t t = kScriptStart; t < replay.end_ns; t += 2'777 * test::kMillisecond) {
    const std::string replayed = all_of(replay.history, t);
    const std::string seen = all_of(live, t);
    const auto [left, right] =
        std::mismatch(replayed.begin(), replayed.end(), seen.begin(), seen.end());
    const auto around = [](const std::string& all, auto at) {
      return all.substr(
          static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - all.begin() - 60, 0)), 120);
    };
    ASSERT_TRUE(replayed == seen) << (t - kScriptStart) / 1'000'000 << " ms\n"
                                  << around(replayed, left) << '\n'
                                  << around(seen, right);
  }
  EXPECT_EQ(replay.history.incidents().size(), live.incidents().size());
}

/// Against the script: a live history, too, reads its pictures out of frames.
TEST(Recording, GivesBackThePicturesThatWereRecorded) {
  History live;
  const Replay replay = read_replay(record(5, live), {});
  for (std::uint64_t t = kScriptStart + kSecond; t < replay.end_ns;
       t += 2'777 * test::kMillisecond) {
    const picture::Snapshot& found = replay.history.at(t);
    const std::uint64_t poll = (found.time_ns - kScriptStart) / (33 * test::kMillisecond);
    picture::Snapshot scripted = test::scripted_picture(poll, 5);
    // Whoever keeps pictures counts the rates: so many requests come with each poll of the script.
    double sum = 0;
    for (std::size_t i = 0; i < scripted.workers.size(); ++i) {
      scripted.workers[i].requests_per_second = found.workers[i].requests_per_second;
      const auto per_poll = static_cast<double>(3 + scripted.workers[i].number % 4);
      EXPECT_NEAR(found.workers[i].requests_per_second, per_poll / 0.033, 2 * per_poll);
      sum += found.workers[i].requests_per_second;
    }
    scripted.totals.requests_per_second = sum;
    EXPECT_EQ(values_of(found), values_of(scripted));
  }
}

TEST(Recording, IsCompact) {
  History live;
  const Bytes file = record(256, live);
  const std::size_t frames = test::kScriptPolls / 3;
  EXPECT_LT(file.size() / frames, 8U << 10);  // per frame of 256 busy workers; a picture is 70 KiB
}

TEST(Recording, AFileThatEndsAnywhereGivesAllThatIsWholeInIt) {
  History live;
  const Bytes file = record(3, live);
  std::size_t frames = 0;
  std::size_t refused = 0;
  for (std::size_t size = 0; size < file.size(); size += 1 + size / 20) {
    const std::span cut = std::span(file).first(size);
    const std::string error = error_of(cut);
    if (!error.empty()) {
      EXPECT_EQ(frames, 0U) << size << ' ' << error;
      ++refused;
      continue;
    }
    const Replay replay = read_replay(cut, {});
    EXPECT_GE(replay.condition.frames, frames) << size;
    EXPECT_EQ(replay.condition.damaged_bytes, 0U);
    frames = replay.condition.frames;
  }
  EXPECT_GT(frames, 100U);
  EXPECT_GT(refused, 1U);  // in front of the first frame
}

TEST(Recording, SaysHowMuchIsCutOff) {
  History live;
  const Bytes file = record(3, live);
  const Replay replay = read_replay(std::span(file).first(file.size() - 10), {});
  EXPECT_THAT(replay.notice, StartsWith("the end of the recording is cut off: "));
}

TEST(Recording, DamageInTheMiddleCostsOneGroupAndNoMore) {
  History live;
  const Bytes file = record(3, live);
  const std::uint64_t whole = read_replay(file, {}).condition.frames;
  Bytes damaged = file;
  damaged[file.size() / 2] ^= std::byte{0x10};
  const Replay replay = read_replay(damaged, {});
  EXPECT_GT(replay.condition.damaged_bytes, 0U);
  EXPECT_LT(replay.condition.frames, whole);
  EXPECT_GE(replay.condition.frames + codec::kFramesPerGroup, whole);
  EXPECT_THAT(replay.notice, HasSubstr("% of the recording is damaged and left out"));
  EXPECT_EQ(replay.end_ns, read_replay(file, {}).end_ns);
}

TEST(Recording, NeverCrashesOnAFlippedByteAndNeverShowsWhatWasNot) {
  History live;
  const Bytes file = record(2, live);
  for (std::size_t at = 0; at < file.size(); at += 1 + file.size() / 60) {
    Bytes damaged = file;
    damaged[at] ^= std::byte{0xFF};
    if (!error_of(damaged).empty()) continue;
    const Replay replay = read_replay(damaged, {});
    const std::uint64_t t = kScriptStart + 12 * kSecond;
    const auto& found = replay.history.at(t);
    EXPECT_EQ(values_of(found), values_of(live.at(found.time_ns))) << at;
  }
}

TEST(Recording, RefusesWhatIsNoneInOneLine) {
  const auto text = [](std::string_view bytes) {
    return Bytes(reinterpret_cast<const std::byte*>(bytes.data()),
                 reinterpret_cast<const std::byte*>(bytes.data()) + bytes.size());
  };
  EXPECT_EQ(error_of({}), "the file is empty");
  EXPECT_EQ(error_of(text("\x89PNG\r\n\x1a\n and so on and so on")),
            "this is not a Forkscope recording");
  EXPECT_EQ(error_of(text("FRKSREC\n")), "it was cut off before its first frame");
  History live;
  Bytes file = record(1, live);
  EXPECT_EQ(error_of(std::span(file).first(sizeof(FileHeader))), "no part of it is intact");
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof header);
  header.utc_offset_s += 1;
  std::memcpy(file.data(), &header, sizeof header);
  EXPECT_EQ(error_of(file), "its header is damaged");
  header.major_version = 2;
  header.crc32c = telemetry::crc32c(std::as_bytes(std::span(&header, 1)).first(28));
  std::memcpy(file.data(), &header, sizeof header);
  EXPECT_EQ(error_of(file), "it has format version 2, this program reads 1");
}

TEST(Recording, NamesTheFileThatItCannotRead) {
  const support::TempDir directory;
  const auto says = [](const std::string& path, const std::string& why) {
    try {
      load_replay(path, {});
      ADD_FAILURE() << path;
    } catch (const RecordingError& error) {
      EXPECT_EQ(error.what(), "cannot replay " + path + ": " + why);
    }
  };
  says((directory.path() / "none").string(), "No such file or directory");
  says(directory.path().string(), "it is not a file");
}

TEST(Recording, ALaterMinorVersionMayAppend) {
  History live;
  const Bytes file = record(2, live);
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof header);
  header.minor_version = 9;
  header.header_bytes += 16;
  header.crc32c = telemetry::crc32c(std::as_bytes(std::span(&header, 1)).first(28));
  Bytes later(sizeof header + 16);
  std::memcpy(later.data(), &header, sizeof header);
  // A chunk of a kind that nobody knows yet.
  ChunkHeader chunk;
  chunk.kind = 99;
  chunk.bytes = 3;
  const Bytes inside(3);
  chunk.crc32c = telemetry::crc32c(
      inside, telemetry::crc32c(std::as_bytes(std::span(&chunk, 1)).subspan(4, 16)));
  const auto chunk_bytes = std::as_bytes(std::span(&chunk, 1));
  later.insert(later.end(), chunk_bytes.begin(), chunk_bytes.end());
  later.insert(later.end(), inside.begin(), inside.end());
  later.insert(later.end(), file.begin() + sizeof header, file.end());
  const Replay replay = read_replay(later, {});
  EXPECT_EQ(replay.condition.frames, read_replay(file, {}).condition.frames);
  EXPECT_EQ(replay.notice, "");
}

TEST(Recording, ReadsOverAWordThatALaterMinorVersionHasAppended) {
  // No new strings; of the server, the time (5) and a word 20 (7); nothing of anything else.
  const std::array<unsigned char, 17> frame{0, 0x81, 0x80, 0x40, 10, 14};
  const auto read = decoded(std::as_bytes(std::span(frame)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->picture.time_ns, 5U);
}

TEST(Recording, OfAServerBeforeProtectionItIsNotKnown) {
  codec::ByteWriter frame;
  frame.number(0);               // no new strings
  frame.number((1U << 15) - 1);  // all words of the server that version 1.0 has, each 1
  for (int word = 0; word < 15; ++word) frame.difference(1, 0);
  frame.number((1U << 12) - 1);  // and of the totals
  for (int word = 0; word < 12; ++word) frame.difference(1, 0);
  for (int list = 0; list < 10; ++list) frame.number(0);
  const auto read = decoded(frame.take());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->picture.server.faults_enabled);
  EXPECT_EQ(read->picture.server.protection, telemetry::Protection::unknown);
  EXPECT_EQ(read->picture.totals.hangs, 1U);
  EXPECT_EQ(read->picture.totals.moved_in_all(), 0U);
}

TEST(Recording, BeforeItSaidSoTheWorkersPartOfACoreIsNotKnown) {
  picture::Frame frame;
  frame.picture.time_ns = kScriptStart;
  frame.picture.cores.push_back({.number = 0, .utilisation = 0.9, .own = 0.3});
  Bytes bytes = encoded(frame);
  auto read = decoded(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->picture.cores.at(0).own, 0.3);
  // A number of two bytes; behind it one says that nothing was heard from another worker.
  bytes.resize(bytes.size() - 3);
  read = decoded(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->picture.cores.at(0).utilisation, 0.9);
  EXPECT_FALSE(read->picture.cores.at(0).own);
}

TEST(Recording, BeforeItSaidSoEveryAnswerIsToAClient) {
  picture::Frame frame;
  frame.picture.time_ns = kScriptStart;
  frame.answers.resize(3);
  frame.answers[1].heard_from = 255;
  Bytes bytes = encoded(frame);
  auto read = decoded(bytes);
  ASSERT_TRUE(read);
  const auto heard_from = [&] {
    return std::array{read->answers.at(0).heard_from, read->answers.at(1).heard_from,
                      read->answers.at(2).heard_from};
  };
  EXPECT_EQ(heard_from(), (std::array<std::uint8_t, 3>{0, 255, 0}));
  bytes.resize(bytes.size() - 4);  // how many were heard: one; which, and a worker of two bytes
  read = decoded(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(heard_from(), (std::array<std::uint8_t, 3>{0, 0, 0}));
}

TEST(Recording, RefusesAFrameThatHasHeardWhatNobodyAnswered) {
  picture::Frame frame;
  frame.picture.time_ns = kScriptStart;
  frame.answers.resize(3);
  frame.answers[2].heard_from = 7;
  const Bytes bytes = encoded(frame);
  ASSERT_TRUE(decoded(bytes));
  for (const std::array<int, 3> lie : {std::array{4, 2, 7}, {1, 3, 7}}) {
    Bytes changed = bytes;
    for (std::size_t i = 0; i < 3; ++i) {
      changed[changed.size() - 3 + i] = static_cast<std::byte>(lie[i]);
    }
    EXPECT_FALSE(decoded(changed));
  }
}

TEST(Recording, IsNotFooledByAFileFullOfMarks) {
  History live;
  Bytes file = record(1, live);
  ChunkHeader chunk;
  chunk.bytes = codec::kMaxFrameBytes;
  const auto false_mark = std::as_bytes(std::span(&chunk, 1));
  while (file.size() < (4U << 20)) {
    file.insert(file.end(), false_mark.begin(), false_mark.end());
  }
  EXPECT_GT(read_replay(file, {}).condition.frames, 100U);  // and not in a minute
}

TEST(Recorder, DoesNotOverwriteWhatIsThere) {
  const support::TempDir directory;
  const std::string path = (directory.path() / "run.rec").string();
  std::ofstream(path) << "my homework";
  EXPECT_THROW(Recorder{path}, RecordingError);
  EXPECT_EQ(std::filesystem::file_size(path), 11U);
}

/// In a process of its own: no file may grow beyond 20 kB.
[[noreturn]] void record_on_a_full_disk(const std::string& path) {
  const rlimit limit{20'000, 20'000};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, SIG_IGN);
  Recorder recorder(path);
  History history;
  history.set_sink([&](const auto& frame) { recorder.add(frame); });
  test::play_script(history, 5);
  const bool said = recorder.error() == "recording to " + path + " has stopped: File too large";
  std::_Exit(said && history.incidents().size() == 2 ? 0 : 1);
}

TEST(Recorder, StopsWithOneLineWhenTheDiskIsFullAndLeavesAReadableFile) {
  const support::TempDir directory;
  const std::string path = (directory.path() / "run.rec").string();
  EXPECT_EXIT(record_on_a_full_disk(path), testing::ExitedWithCode(0), "");
  const Replay replay = load_replay(path, {});
  EXPECT_GT(replay.condition.frames, 10U);
  EXPECT_THAT(replay.notice, StartsWith("the end of the recording is cut off"));
}

// ── --at ─────────────────────────────────────────────────────────────────────────────────────────

std::optional<std::uint64_t> after_start(std::string_view text) {
  const auto moment = parse_moment(text);
  if (!moment || moment->from != Moment::From::start) return std::nullopt;
  return moment->distance_ns;
}

TEST(Moment, IsUnderstoodAsPeopleWriteIt) {
  EXPECT_EQ(after_start("12.5"), 12'500'000'000U);
  EXPECT_EQ(after_start("12.5s"), 12'500'000'000U);
  EXPECT_EQ(after_start("1500ms"), 1'500'000'000U);
  EXPECT_EQ(after_start("2m"), 120 * kSecond);
  EXPECT_EQ(after_start("1:05.5"), 65'500'000'000U);
  EXPECT_EQ(parse_moment("-3")->from, Moment::From::end);
  EXPECT_EQ(parse_moment("end")->distance_ns, 0U);
  EXPECT_EQ(parse_moment("12:04:31")->from, Moment::From::midnight);
  EXPECT_EQ(parse_moment("12:04:31")->distance_ns, (12 * 3'600 + 4 * 60 + 31) * kSecond);
  for (const char* bad : {"", "x", "1:", ":1", "1:60", "1:2:3:4:5x", "25:00:00", "-1:00:00",
                          "1.2.3", "1e9", "--1", "nan", "inf", "99999999999", "1.5:00"}) {
    EXPECT_FALSE(parse_moment(bad)) << bad;
  }
}

TEST(Moment, IsFoundInTheRecording) {
  History live;
  const Bytes file = record(2, live);
  const auto view = [&](const char* text) {
    return read_replay(file, parse_moment(text)).view_ns - kScriptStart;
  };
  const std::uint64_t length = read_replay(file, {}).end_ns - kScriptStart;
  EXPECT_EQ(view("12.5"), 12'500'000'000U);
  EXPECT_EQ(view("0"), 0U);
  EXPECT_EQ(view("-1.5"), length - 1'500'000'000U);
  EXPECT_EQ(view("end"), length);
  EXPECT_EQ(error_of(file, parse_moment("60")), "it has no such moment: it lasts 29.6 s");
  EXPECT_EQ(error_of(file, parse_moment("-60")), "it has no such moment: it lasts 29.6 s");
}

}  // namespace
}  // namespace forkscope::recording
