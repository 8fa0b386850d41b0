// Deals out the connections of workers that hang, have died, drain or have too much: each to the
// worker that serves and has the fewest. Those that nobody can take at the moment wait here, and
// their clients with them.
//
// What moves for one reason from one worker is a move: an event is made of it once the last of its
// connections is dealt.
//
// Part of the primary, called by its loop. Owns the connections that wait.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/segment_view.h"
#include "os/deadline.h"
#include "protection/custody.h"
#include "supervisor/event_log.h"

namespace forkscope::supervisor {

class Dealer {
 public:
  /// A worker that may get some.
  struct Receiver {
    WorkerProcess worker;
    protection::Custody* custody = nullptr;
  };

  Dealer(const telemetry::SegmentView& view, EventLog& events) : view_(view), events_(events) {}

  /// It begins now.
  void begin(const WorkerProcess& source, telemetry::MoveReason reason, std::uint64_t now_ns);
  /// A connection of the latest move of that worker.
  void add(const WorkerProcess& source, protection::Message connection, std::uint64_t now_ns);
  /// No more will come for its moves.
  void complete(const WorkerProcess& source);
  /// It is asked for what it has too much. Such a move is complete after a while.
  void begin_balance(const Receiver& worker, std::uint64_t now_ns);

  /// As many as the receivers take now.
  void deal(const std::vector<Receiver>& receivers, std::uint64_t now_ns);
  bool has_connections() const { return !waiting_.empty(); }
  /// When to deal again at the latest: a receiver may have room, or a move be complete.
  os::Deadline due() const { return earlier(retry_at_, balanced_at_); }

  /// A worker's connections would die with it. Says so once.
  void say_unprotected(const WorkerProcess& worker, const std::string& why);

  /// Connections that have been dealt, by reason (BeatRecord::moved).
  const std::array<std::uint32_t, 4>& moved() const { return moved_; }
  /// What a worker has, and will have in a moment.
  std::uint64_t load_of(const Receiver& receiver) const;

 private:
  struct Move {
    WorkerProcess source;  ///< Whose connections they are.
    telemetry::MoveReason reason = telemetry::MoveReason::none;
    std::uint64_t since_ns = 0;
    std::uint64_t latest_ns = 0;
    std::uint32_t waiting = 0;
    std::map<std::uint32_t, std::uint32_t> dealt;  ///< How many, by the number of who got them.
    bool complete = false;
  };
  struct Waiting {
    protection::Message connection;
    std::list<Move>::iterator move;
  };

  std::list<Move>::iterator move_of(const WorkerProcess& source);
  bool deal_one(Waiting& waiting, std::vector<Receiver>& receivers, std::uint64_t now_ns);
  void tell_of_completed();
  void tell_of(const Move& move);

  const telemetry::SegmentView& view_;
  EventLog& events_;
  std::list<Move> moves_;
  std::deque<Waiting> waiting_;
  std::array<std::uint32_t, 4> moved_{};
  os::Deadline retry_at_;
  os::Deadline balanced_at_;
  bool said_unprotected_ = false;
};

}  // namespace forkscope::supervisor
