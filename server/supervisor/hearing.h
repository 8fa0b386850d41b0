// What the primary makes of what a worker says (child/voice.h): lines for the log, and exceptions.
//
// Of exceptions the log has the first few of each second one by one, and then how many more there
// were; that is what the worker has counted in its slot, so the sum is right whatever got lost on
// the way. The event lane is a ring that keeps hangs and crashes as well: there an event stands for
// all exceptions since the one before. They are a second apart, and after three of them twenty:
// so thousands of exceptions leave the lane to what is rare.
//
// A worker that breaks the rules costs no more than `kMostPerSecond` lines: then nobody listens for
// the rest of the second. It speaks for itself alone: the name in front of a line is that of
// whoever owns the other end.
//
// One per slot, for all of its processes. Primary only; reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "child/voice.h"
#include "forkscope/telemetry/segment_view.h"
#include "os/deadline.h"
#include "supervisor/event_log.h"

namespace forkscope::supervisor {

class Hearing {
 public:
  /// A worker that keeps to the limits may say what two of its seconds allow within one of ours.
  static constexpr std::uint32_t kMostPerSecond =
      2 * (child::kExceptionsPerSecond + child::kLogLinesPerSecond);

  Hearing(EventLog& events, const telemetry::SegmentView& view, std::uint32_t slot)
      : events_(events), view_(view), slot_(slot) {}

  /// Whose words they are from now on.
  void begin(const WorkerProcess& worker) { worker_ = worker; }
  /// False: it has said too much; ask again in a while.
  bool may_listen(std::uint64_t now_ns);
  /// What it has said: any bytes.
  void hear(child::Mark mark, std::string_view text, std::uint64_t now_ns);
  /// Several times a second: tells what is due.
  void watch(std::uint64_t now_ns);
  /// The process is gone, and all that it has said is heard: tells the rest.
  void end(std::uint64_t now_ns);

 private:
  static constexpr std::chrono::seconds kLeastApart{1};  // two events of the lane
  static constexpr std::chrono::seconds kPerEvent{20};   // in the long run
  static constexpr int kAtFirst = 3;                     // of a worker that was quiet

  /// Of an exception that nothing has been said about: it may be on its way.
  enum class Untold { waits, counts };

  void hear_exception(std::string_view text, std::string_view dots);
  void begin_second(std::uint64_t now_ns);
  void tell_the_rest();
  void publish(std::uint64_t now_ns, Untold untold);

  EventLog& events_;
  const telemetry::SegmentView& view_;
  std::uint32_t slot_;
  WorkerProcess worker_;

  os::Deadline second_ends_;   ///< Never: nothing has been said since the last one.
  std::uint32_t heard_ = 0;    ///< In this second.
  std::uint32_t garbled_ = 0;  ///< Of these, no messages.

  // Of what the worker has counted since the start of the server: that much is
  std::uint64_t logged_ = 0;     ///< exceptions in the log,
  std::uint64_t published_ = 0;  ///< and in the event lane,
  std::uint64_t dropped_ = 0;    ///< lines said to be lost.

  std::string latest_;  ///< Exception, as the event lane has room for it.
  os::Deadline publish_due_ = os::Deadline::at(0);
  std::uint64_t unpublished_since_ns_ = 0;          ///< 0: there is none.
  os::Deadline quiet_again_ = os::Deadline::at(0);  ///< Then kAtFirst may come anew.
};

}  // namespace forkscope::supervisor
