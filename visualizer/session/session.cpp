#include "session/session.h"

#include <cassert>
#include <utility>

#include "forkscope/telemetry/worker_report.h"
#include "recording/replay.h"

namespace forkscope::session {

using history::Playhead;

Session::Session(const SessionOptions& options)
    : playhead_(options.replay.empty() ? Playhead::Resume::at_end : Playhead::Resume::from_here) {
  if (!options.replay.empty()) {
    recording::Replay replay = recording::load_replay(options.replay, options.at);
    history_ = std::move(replay.history);
    notice_ = std::move(replay.notice);
    if (options.at) {
      playhead_.seek(history_, replay.view_ns);
    } else {
      playhead_.play(replay.view_ns, telemetry::now_ns());
    }
    return;
  }
  live_ = std::make_unique<live::LiveSource>(options.port, options.socket);
  if (options.record.empty()) return;
  recorder_ = std::make_unique<recording::Recorder>(options.record);
  start_history();
}

/// An empty history, whose frames go into the recording if there is one.
void Session::start_history() {
  history_ = history::History();
  if (!recorder_) return;
  history_.set_sink([this](const codec::FrameEncoder::Encoded& frame) {
    const bool went_on = recorder_->error().empty();
    recorder_->add(frame);
    if (went_on && !recorder_->error().empty()) notice_ = recorder_->error();
  });
}

void Session::poll() {
  assert(user_.is_here());
  if (!live_) return;
  live_->poll();
  history_.add(live_->snapshot(), live_->answers(), live_->events(), live_->latency());
}

void Session::mark(std::uint64_t now_ns) {
  history_.add_marker(view_time(now_ns));
  notice_ = "Marked.";
}

void Session::jump(std::uint64_t now_ns, int direction) {
  if (playhead_.jump(history_, now_ns, direction)) return;
  notice_ = direction < 0 ? "There is no earlier incident." : "There is no later incident.";
}

const std::vector<telemetry::EventRecord>& Session::new_events() const {
  static const std::vector<telemetry::EventRecord> none;
  return live_ ? live_->events() : none;
}

const std::vector<picture::Answer>& Session::new_answers() const {
  static const std::vector<picture::Answer> none;
  return live_ ? live_->answers() : none;
}

picture::RunningServers Session::servers() const {
  return live_ ? live_->servers() : picture::RunningServers();
}

bool Session::runs(const telemetry::ControlEndpoint& server) {
  return live_ && live_->runs(server);
}

void Session::choose(const telemetry::ControlEndpoint& server) {
  assert(user_.is_here());
  if (!live_) return;
  const bool other = live_->snapshot().server.socket != server.path;
  live_->choose(server);
  if (!other) return;
  start_history();  // what is known of one server is not the past of another
  playhead_.to_end();
  poll();  // there is a picture at once
}

std::string Session::take_notice() { return std::exchange(notice_, {}); }

}  // namespace forkscope::session
