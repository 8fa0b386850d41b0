// How far a worker is in leaving: what it still answers, and when it loses patience.
//
//   serving ──begin(stop)──────▶ stopping ──────────────────────┐
//      │                            ▲                           ├─▶ overdue: all is closed
//      └──begin(hand_over)──▶ handing over ──a second has gone──┘
//                                   (or begin(stop))
//
// Stopping: what runs is finished, and a connection that is idle is closed. Handing over: others
// stay to serve, so a connection that is idle gets a moment to bring one more request, whose answer
// says "Connection: close". A client may send a request at the very moment at which we close, and
// most clients take that for a failure.
//
// Decides by the time it is given; the event loop acts.
#pragma once

#include <chrono>
#include <cstdint>

namespace forkscope::gateway {

class Drain {
 public:
  enum class Kind { stop, hand_over };

  /// `timeout` begins with the drain.
  explicit Drain(std::chrono::milliseconds timeout) : timeout_(timeout) {}

  /// Again, too: a stop cuts a hand-over short, and nothing softens a stop.
  void begin(Kind kind, std::uint64_t now_ns);

  bool begun() const { return deadline_ns_ != 0; }
  /// Handing over: a connection may bring one more request.
  bool spares_idle() const { return close_idle_at_ns_ != 0; }
  /// True once: idle connections are not spared any longer.
  bool loses_patience(std::uint64_t now_ns);
  /// Whatever is left is to be closed.
  bool overdue(std::uint64_t now_ns) const { return begun() && now_ns >= deadline_ns_; }

  /// When one of the two above becomes true; 0 = never.
  std::uint64_t next_due_ns() const { return spares_idle() ? close_idle_at_ns_ : deadline_ns_; }

 private:
  std::chrono::milliseconds timeout_;
  std::uint64_t close_idle_at_ns_ = 0;  ///< While handing over; 0 = not, or not any more.
  std::uint64_t deadline_ns_ = 0;       ///< 0 = not draining.
};

}  // namespace forkscope::gateway
