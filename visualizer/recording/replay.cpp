#include "recording/replay.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "os/unique_fd.h"
#include "recording/recording_error.h"
#include "words/format.h"

namespace forkscope::recording {

namespace {

constexpr std::uint64_t kHeldNs = kMaxReplayBins * history::kBinNs;
constexpr std::uint64_t kDayNs = 24 * std::uint64_t{3'600'000'000'000};

/// The first and the last frame, and how clock times map to the recording's clock.
struct Extent {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t first_of_day_ns = 0;  // time of day of the first frame
};

Extent extent_of(std::span<const std::byte> file, std::int32_t utc_offset_s) {
  Extent extent;
  RecordingReader frames(file);
  const auto first = frames.next();
  if (!first) throw RecordingError("no part of it is intact");
  extent.first_ns = extent.last_ns = first->picture.time_ns;
  while (const auto time_ns = frames.skip()) extent.last_ns = std::max(extent.last_ns, *time_ns);
  constexpr auto kDay = static_cast<std::int64_t>(kDayNs);
  const std::int64_t local =
      first->picture.wall_clock_ns % kDay + std::int64_t{utc_offset_s} % 86'400 * 1'000'000'000;
  extent.first_of_day_ns = static_cast<std::uint64_t>((local % kDay + kDay) % kDay);
  return extent;
}

std::uint64_t moment_in(const Extent& extent, const Moment& moment) {
  const std::uint64_t length = extent.last_ns - extent.first_ns;
  std::uint64_t after_start = moment.distance_ns;
  if (moment.from == Moment::From::end) {
    after_start = length - std::min(length, moment.distance_ns);
    if (moment.distance_ns > length) after_start = length + 1;
  } else if (moment.from == Moment::From::midnight) {
    after_start = (moment.distance_ns + kDayNs - extent.first_of_day_ns) % kDayNs;
    // "12:04:31" of a recording that began within that second is its start.
    if (after_start > length && kDayNs - after_start < 1'000'000'000) after_start = 0;
  }
  if (after_start > length) {
    throw RecordingError("it has no such moment: it lasts " + telemetry::duration_text(length));
  }
  return extent.first_ns + after_start;
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  const std::uint64_t percent = 100 * part / whole;
  return percent == 0 ? "less than 1 %" : std::to_string(percent) + " %";
}

std::string notice_of(const Replay& replay, const Extent& extent, std::size_t file_bytes) {
  std::string notice;
  const auto add = [&notice](const std::string& part) {
    notice += (notice.empty() ? "" : "; ") + part;
  };
  const Condition& condition = replay.condition;
  if (condition.damaged_bytes > 0) {
    add(percent_of(condition.damaged_bytes, file_bytes) +
        " of the recording is damaged and left out");
  }
  if (condition.cut_bytes > 0) {
    add("the end of the recording is cut off: " + words::counted(condition.cut_bytes, "byte") +
        (condition.cut_bytes == 1 ? " is left out" : " are left out"));
  }
  if (replay.start_ns > extent.first_ns || replay.end_ns < extent.last_ns) {
    add("of " + telemetry::duration_text(extent.last_ns - extent.first_ns) + ", " +
        telemetry::duration_text(replay.end_ns - replay.start_ns) +
        " are shown: choose others with --at");
  }
  return notice;
}

std::vector<std::byte> bytes_of(const std::string& path) {
  const auto reason = [] { return std::generic_category().message(errno); };
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw RecordingError(reason());
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw RecordingError(reason());
  if (!S_ISREG(info.st_mode)) throw RecordingError("it is not a file");
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {  // a recorder may still be appending: what is there now is enough
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw RecordingError(reason());
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Replay read_replay(std::span<const std::byte> file, const std::optional<Moment>& at) {
  RecordingReader frames(file);
  const std::int32_t utc_offset_s = frames.header().utc_offset_s;
  const Extent extent = extent_of(file, utc_offset_s);
  const std::uint64_t length = extent.last_ns - extent.first_ns;
  const std::uint64_t bins = std::min<std::uint64_t>(length / history::kBinNs + 2, kMaxReplayBins);

  Replay replay;
  replay.history = history::History(bins);
  replay.history.set_zone({utc_offset_s});
  const std::uint64_t view_ns = at ? moment_in(extent, *at) : extent.first_ns;
  const std::uint64_t until_ns =
      at && length > kHeldNs ? std::max(view_ns, extent.first_ns + kHeldNs) : extent.last_ns;
  while (const auto frame = frames.next()) {
    if (frame->picture.time_ns > until_ns) break;
    replay.history.add(*frame);
  }
  if (replay.history.newest_ns() == 0) throw RecordingError("no part of it is intact");
  replay.start_ns = replay.history.oldest_ns();
  replay.end_ns = replay.history.newest_ns();
  replay.view_ns = std::clamp(view_ns, replay.start_ns, replay.end_ns);
  replay.condition = frames.condition();
  replay.notice = notice_of(replay, extent, file.size());
  return replay;
}

Replay load_replay(const std::string& path, const std::optional<Moment>& at) {
  try {
    return read_replay(bytes_of(path), at);
  } catch (const RecordingError& error) {
    throw RecordingError("cannot replay " + path + ": " + error.what());
  }
}

}  // namespace forkscope::recording
