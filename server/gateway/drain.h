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

#include "os/deadline.h"

namespace forkscope::gateway {

class Drain {
 public:
  /// `give`: the primary takes the connections, whose clients notice nothing.
  enum class Kind { stop, hand_over, give };

  /// `timeout` begins with the drain.
  explicit Drain(std::chrono::milliseconds timeout) : timeout_(timeout) {}

  /// Again, too: a stop cuts a hand-over short, and nothing softens a stop.
  void begin(Kind kind, std::uint64_t now_ns);

  bool begun() const { return begun_; }
  /// Connections go on elsewhere.
  bool gives() const { return gives_; }
  /// Handing over: a connection may bring one more request.
  bool spares_idle() const { return close_idle_at_.is_set(); }
  /// A connection from which no request has come is closed.
  bool closes_idle() const { return begun_ && !spares_idle() && !gives_; }
  /// True once: idle connections are not spared any longer.
  bool loses_patience(std::uint64_t now_ns);
  /// Whatever is left is to be closed.
  bool overdue(std::uint64_t now_ns) const { return deadline_.has_passed(now_ns); }

  /// When one of the two above becomes true.
  os::Deadline next_due() const { return earlier(close_idle_at_, deadline_); }

 private:
  std::chrono::milliseconds timeout_;
  bool begun_ = false;
  bool gives_ = false;
  os::Deadline close_idle_at_;  ///< While handing over.
  os::Deadline deadline_;       ///< Once it has begun.
};

}  // namespace forkscope::gateway
