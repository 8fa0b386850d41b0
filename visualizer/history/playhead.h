// The view time: which moment of the history the screen shows.
//
//            step, seek, toggle_pause                        toggle_pause
//   at end ───────────────────────────▶ paused ─────────────────────────────▶ at end   (live)
//     ▲ │                                 ▲  │                          └────▶ playing  (replay)
//     │ └── the newest picture, as it     │  │
//     │     comes                         │  ▼
//     └──────── to_end ◀────────────── playing: the past, as fast as it was; at the end: at end
//
// A live session goes on with the present, since that is what the class waits for. A replay has
// none, and goes on from where it stood. `now_ns` is a monotonic clock of the caller's; where
// nothing plays it is not looked at. Main thread only.
#pragma once

#include <cstdint>

#include "history/history.h"

namespace forkscope::history {

inline constexpr std::uint64_t kStepNs = kBinNs;

class Playhead {
 public:
  enum class Resume { at_end, from_here };  // live, replay
  explicit Playhead(Resume resume) : resume_(resume) {}

  /// The moment to show, within what the history holds.
  std::uint64_t time(const History& history, std::uint64_t now_ns) const;

  void toggle_pause(const History& history, std::uint64_t now_ns);
  /// Pauses there.
  void seek(const History& history, std::uint64_t time_ns);
  /// Pauses, `steps` × 100 ms later or earlier than what is shown.
  void step(const History& history, std::uint64_t now_ns, int steps);
  /// Jumps to the previous (-1) or next (+1) incident; pauses there. False: there is none.
  bool jump(const History& history, std::uint64_t now_ns, int direction);
  void to_end() { mode_ = Mode::at_end; }
  /// From `time_ns` on, as fast as it was.
  void play(std::uint64_t time_ns, std::uint64_t now_ns);

  bool paused() const { return mode_ == Mode::paused; }
  bool playing(const History& history, std::uint64_t now_ns) const;
  bool at_end() const { return mode_ == Mode::at_end; }

 private:
  enum class Mode { at_end, paused, playing };
  Resume resume_;
  Mode mode_ = Mode::at_end;
  std::uint64_t time_ns_ = 0;   // where it stands, or stood when it began to play
  std::uint64_t since_ns_ = 0;  // when it began to play, by the caller's clock
};

}  // namespace forkscope::history
