// What is looked at: a running server, perhaps recorded on the way, or a recording.
//
// Owns the source, the history, the view time and the recorder. The window and the text view each
// have one, and cannot tell the difference but by asking. Main thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/history.h"
#include "history/playhead.h"
#include "live/live_source.h"
#include "os/one_thread.h"
#include "recording/moment.h"
#include "recording/recorder.h"

namespace forkscope::session {

struct SessionOptions {
  std::optional<std::uint16_t> port;    ///< Of the server; see LiveSource.
  std::string socket;                   ///< Its control socket's path; empty = wherever it is.
  std::string record;                   ///< Where to record to; empty = nowhere.
  std::string replay;                   ///< What to replay; empty = a live server.
  std::optional<recording::Moment> at;  ///< Of the replay: stands still there.
};

class Session {
 public:
  /// Throws RecordingError.
  explicit Session(const SessionOptions& options);
  Session(const Session&) = delete;  // the recorder's sink refers to it
  Session& operator=(const Session&) = delete;

  /// Takes in what has happened. Call it once per turn of the loop, also while the view is paused.
  /// In a replay there is nothing to do.
  void poll();

  history::History& history() { return history_; }
  const history::History& history() const { return history_; }
  history::Playhead& playhead() { return playhead_; }
  const history::Playhead& playhead() const { return playhead_; }
  /// The moment to show. `now_ns`: CLOCK_MONOTONIC.
  std::uint64_t view_time(std::uint64_t now_ns) const { return playhead_.time(history_, now_ns); }

  /// Marks the moment that is shown, for whoever looks for it later.
  void mark(std::uint64_t now_ns);
  /// Shows the incident before (-1) or after (+1) the moment that is shown.
  void jump(std::uint64_t now_ns, int direction);

  bool is_replay() const { return !live_; }
  bool is_recording() const { return recorder_ && recorder_->error().empty(); }
  /// The events that the latest poll() has brought.
  const std::vector<telemetry::EventRecord>& new_events() const;
  /// … and the answers. None in a replay, both.
  const std::vector<picture::Answer>& new_answers() const;
  /// Servers to choose from (LiveSource::servers()); none in a replay.
  picture::RunningServers servers() const;
  /// Whether a server runs there at this moment.
  bool runs(const telemetry::ControlEndpoint& server);
  /// Goes over to that server, and begins its history anew; or stays with it, and no longer goes
  /// over to another one by itself.
  void choose(const telemetry::ControlEndpoint& server);
  /// Something to tell the user, once: what of the recording is damaged, why recording has stopped,
  /// that there is no incident to jump to.
  std::string take_notice();

 private:
  void start_history();

  [[no_unique_address]] os::OneThread user_;
  std::unique_ptr<live::LiveSource> live_;  // none in a replay
  std::unique_ptr<recording::Recorder> recorder_;
  history::History history_;
  history::Playhead playhead_;
  std::string notice_;
};

}  // namespace forkscope::session
