#include "history/playhead.h"

#include <algorithm>

namespace forkscope::history {

namespace {

std::uint64_t within(const History& history, std::uint64_t time_ns) {
  return std::clamp(time_ns, std::min(history.oldest_ns(), history.newest_ns()),
                    history.newest_ns());
}

}  // namespace

std::uint64_t Playhead::time(const History& history, std::uint64_t now_ns) const {
  switch (mode_) {
    case Mode::at_end: break;
    case Mode::paused: return within(history, time_ns_);
    case Mode::playing: return within(history, time_ns_ + now_ns - std::min(now_ns, since_ns_));
  }
  return history.newest_ns();
}

bool Playhead::playing(const History& history, std::uint64_t now_ns) const {
  return mode_ == Mode::playing && time(history, now_ns) < history.newest_ns();
}

void Playhead::toggle_pause(const History& history, std::uint64_t now_ns) {
  const std::uint64_t shown = time(history, now_ns);
  if (mode_ != Mode::paused) {
    // A replay that has reached its end starts again, as every player does.
    const bool over = resume_ == Resume::from_here && shown == history.newest_ns();
    if (over) return play(history.oldest_ns(), now_ns);
    seek(history, shown);
  } else if (resume_ == Resume::from_here) {
    play(shown == history.newest_ns() ? history.oldest_ns() : shown, now_ns);
  } else {
    to_end();
  }
}

void Playhead::seek(const History& history, std::uint64_t time_ns) {
  mode_ = Mode::paused;
  time_ns_ = within(history, time_ns);
}

void Playhead::step(const History& history, std::uint64_t now_ns, int steps) {
  const std::uint64_t shown = time(history, now_ns);
  const std::uint64_t far = kStepNs * static_cast<std::uint64_t>(steps < 0 ? -steps : steps);
  seek(history, steps < 0 ? shown - std::min(shown, far) : shown + far);
}

bool Playhead::jump(const History& history, std::uint64_t now_ns, int direction) {
  const std::uint64_t shown = time(history, now_ns);
  const Incident* incident =
      direction < 0 ? history.previous_incident(shown) : history.next_incident(shown);
  // The picture at the moment itself is older than the incident, and would contradict it.
  while (direction < 0 && incident != nullptr &&
         history.picture_from(incident->known_ns) >= shown) {
    incident = history.previous_incident(incident->known_ns);
  }
  if (incident == nullptr || incident->known_ns < history.oldest_ns()) return false;
  seek(history, history.picture_from(incident->known_ns));
  return true;
}

void Playhead::play(std::uint64_t time_ns, std::uint64_t now_ns) {
  mode_ = Mode::playing;
  time_ns_ = time_ns;
  since_ns_ = now_ns;
}

}  // namespace forkscope::history
