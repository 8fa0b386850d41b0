// Which workers the kernel wakes for a new connection: not all that sleep, where they are many more
// than there are CPUs.
//
// The kernel wakes one more worker for each connection as long as one sleeps at the listening
// socket. Of 64 workers on two CPUs there is always one, which gets up for a single connection,
// finds that its request has not come yet, and lies down again, while those that are awake could
// have had it. So only those on call have the listening socket in their epoll:
//
//   off call ──▶ on call    it goes to sleep, and fewer others are on call than there are CPUs, or
//                           fewer than two of them sleep
//   on call ──▶ off call    it goes to sleep after a while, and as many others are on call as there
//                           are CPUs, and one of them sleeps
//
// A handler may hang. So whoever is about to run one sees to it that two others sleep on call, and
// wakes one that is off call where they do not: two, because one of them may have been stopped, and
// nobody knows yet. What comes from the cache runs no handler. When a worker hangs or dies the
// primary wakes all others, and each that goes to sleep again looks anew.
//
// One per worker process, used by its event loop. Borrows all that it is given.
#pragma once

#include <cstdint>
#include <vector>

#include "forkscope/telemetry/segment_view.h"
#include "gateway/load_board.h"
#include "os/deadline.h"
#include "os/event_fd.h"

namespace forkscope::gateway {

class OnCall {
 public:
  OnCall(const telemetry::SegmentView& view, const LoadBoard& board, std::uint32_t own_slot,
         const std::vector<os::EventFd>& wake, std::uint32_t most);

  /// We go to sleep. Whether to be on call from now on; who waits for others to take a connection
  /// stays (Acceptor).
  bool lie_down(bool has_to_stay, std::uint64_t now_ns);
  void get_up();
  /// So many are to be on call at the most: where all are, `UINT32_MAX`.
  void call(std::uint32_t most) { most_ = most; }
  /// We have taken a connection: our shift begins anew, so that those stay who are used.
  void took(std::uint64_t now_ns);
  /// Requests are about to be served. Whether we have been woken for a connection that waits still.
  void begin(bool somebody_waits) {
    has_looked_ = false;
    somebody_waits_ = somebody_waits;
  }
  /// A handler is about to run: others are to be there, and one of them is to look at the queue
  /// meanwhile, where somebody waits. Looks once after each begin().
  void find_others(std::uint64_t now_ns);
  /// Whether the kernel is to wake us for a new connection.
  bool is_on_call() const { return is_on_call_; }
  /// We are not there for anybody any more.
  void leave(bool somebody_waits, std::uint64_t now_ns);

 private:
  std::uint32_t on_call() const;
  std::uint32_t asleep(std::uint64_t now_ns) const;
  void wake_one(Duty duty, std::uint64_t now_ns);

  const telemetry::SegmentView& view_;
  const LoadBoard& board_;
  std::uint32_t own_slot_;
  const std::vector<os::EventFd>& wake_;
  std::uint32_t most_;
  bool is_on_call_ = false;
  os::Deadline shift_ends_;
  bool has_looked_ = false;
  bool somebody_waits_ = false;
  std::uint32_t latest_ = 0;  ///< Slot that we have woken last: the next time it is another one's.
};

}  // namespace forkscope::gateway
