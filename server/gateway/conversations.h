// Leads the conversation with every client: receives, asks the framer what has arrived, sends, and
// waits no longer than the limits say. It moves a connection along the arrows of connection.h, but
// for those between `runnable` and `sending`: they belong to the request scheduler, which takes
// whole requests from here and gives their responses back.
//
// One per worker process, used by its event loop. Borrows all that it is given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/slot_writer.h"
#include "gateway/connection.h"
#include "gateway/connection_table.h"
#include "gateway/drain.h"
#include "gateway/early_look.h"
#include "gateway/loop_clock.h"
#include "gateway/request_runner.h"
#include "http/limits.h"
#include "os/caught_signals.h"
#include "protection/worker_end.h"

namespace forkscope::gateway {

class Conversations {
 public:
  Conversations(const http::Limits& limits, ConnectionTable& connections, RequestRunner& runner,
                const Drain& drain, const os::CaughtSignals& signals, LoopClock& clock,
                telemetry::SlotWriter& slot);

  /// A client has connected, and may have said something already.
  void begin(Connection& connection);
  /// One that another worker has begun with: so much has arrived. True if a request is whole now,
  /// and nobody's yet.
  bool take_over(Connection& connection, const protection::Parcel& parcel);
  /// What has arrived is to be served from now on.
  void go_on_with(Connection& connection) { take_stock(connection); }
  /// epoll has said something about it: EPOLLIN and so on.
  void note(Connection& connection, std::uint32_t events);
  /// Receives from, and sends to, every connection that was noted; a buffer of each at most.
  void attend_ready();

  /// Moves the whole requests that have arrived to `requests`, which is empty, in their order.
  void take_runnable(std::vector<Connection*>& requests);
  std::size_t runnable_count() const { return runnable_.size(); }
  /// There is something to do without any event.
  bool unfinished() const { return !ready_.empty() || !runnable_.empty(); }

  /// The response to its request is complete: it counts from now on, and leaves.
  void answer(Connection& connection);
  /// The same for requests that were begun together. All have ended before the first response
  /// leaves: what its client has sent behind may begin and end another request at once.
  void answer(const std::vector<Connection*>& batch);
  /// What it waits for has not come in time: after one last look, it goes.
  void time_out(Connection& connection);
  /// Somebody waits for a connection and there is no room: each response asks its client to leave.
  void want_room(bool wanted) { wants_room_ = wanted; }
  bool wants_room() const { return wants_room_; }
  /// Lets go of the connection that has kept us waiting longest: one that is idle, and has been for
  /// `least_idle`; or else, after a second, one with half a request, or that does not read its
  /// response. False: nobody can go.
  bool make_room(std::chrono::nanoseconds least_idle);
  /// Gives up to `most` connections to the primary: those that may go now, in the middle of an
  /// arriving request or not. False: the primary takes no more at the moment.
  bool give(protection::WorkerEnd& primary, std::size_t most, bool only_idle);
  /// Lets go of what the primary has taken (ledger.h).
  void part_with_taken();
  /// Closes the connections from which no request has come, each after one last look.
  void close_idle();

  /// At the end of an iteration: drops what was closed from the lists.
  void forget_closed();

 private:
  void attend(Connection& connection);
  void throw_away(Connection& connection);  ///< What still arrives while it lingers.
  void take_stock(Connection& connection);  ///< Is a request complete, wrong, or unfinished?
  void expect(Connection& connection, http::RequestFramer::Phase phase);
  AfterResponse what_follows(Connection& connection) const;
  void end(Connection& connection, AfterResponse after);
  void send(Connection& connection);
  void after_response(Connection& connection);
  void linger(Connection& connection);
  void linger_on(Connection& connection);  ///< Its client was heard just now.
  void refuse(Connection& connection, int status, std::string_view detail);
  bool still_waits(Connection& connection);
  Connection* who_gives_way(std::chrono::nanoseconds least_idle) const;
  void wait_for(Connection& connection, std::chrono::nanoseconds limit);

  const http::Limits& limits_;
  ConnectionTable& connections_;
  RequestRunner& runner_;
  const Drain& drain_;
  const os::CaughtSignals& signals_;
  LoopClock& clock_;
  EarlyLook early_look_;
  telemetry::SlotWriter& slot_;

  std::vector<Connection*> ready_;      ///< epoll has said something about them.
  std::vector<Connection*> attending_;  ///< Those of this iteration.
  std::vector<Connection*> runnable_;   ///< With a whole request, in order of arrival.
  std::vector<char> buffer_;
  bool wants_room_ = false;
};

}  // namespace forkscope::gateway
