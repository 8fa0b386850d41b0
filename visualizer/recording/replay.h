// A recording as a history: with all of time travel, without a server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "history/history.h"
#include "recording/moment.h"
#include "recording/recording_reader.h"

namespace forkscope::recording {

/// Of a longer recording, so much is held at a time.
inline constexpr std::size_t kMaxReplayBins = 72'000;  // two hours

struct Replay {
  history::History history;    ///< Filled, and in the zone of the place where it was recorded; its
                               ///< newest picture is the end of the recording.
  std::uint64_t start_ns = 0;  ///< When the part that is held begins.
  std::uint64_t end_ns = 0;    ///< When it ends.
  std::uint64_t view_ns = 0;   ///< What `at` names; the start without it.
  Condition condition;
  std::string notice;  ///< What is damaged or left out, in one line; empty when nothing is.
};

/// Reads the whole recording. One that is longer than two hours is held up to `at`, but at least
/// its first two hours; without `at`, the last two hours. Throws RecordingError, in one line that
/// names the file: it cannot be read, nothing in it is intact, or `at` is not a moment of it.
Replay load_replay(const std::string& path, const std::optional<Moment>& at);
/// The same of bytes in memory, for tests; the errors do not name a file.
Replay read_replay(std::span<const std::byte> file, const std::optional<Moment>& at);

}  // namespace forkscope::recording
