// Decides in which order the requests of an iteration run, and what they share.
//
//   reads     first, all with the content as it is now (begin_reads … end_reads)
//   others    each by itself
//   writes    as one batch: begin, handlers, commit, flush, and only then the answers. If another
//             worker has the turn to write they are parked, and tried again with the next ones.
//             While a batch waits for the disk, the loop goes on, and new writes are parked.
//
// A response to a request that doesn't write leaves as soon as its handler returns. Because writes
// come last, a handler that hangs holds no lock of the store, unless it writes itself.
//
// One per worker process, used by its event loop. Borrows all that it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "application/application.h"
#include "forkscope/telemetry/slot_writer.h"
#include "gateway/connection.h"
#include "gateway/conversations.h"
#include "gateway/loop_clock.h"
#include "gateway/request_runner.h"
#include "gateway/turn_relay.h"
#include "os/deadline.h"
#include "protection/ledger.h"
#include "protection/parcel.h"

namespace forkscope::gateway {

class RequestScheduler {
 public:
  RequestScheduler(Application& application, RequestRunner& runner, Conversations& conversations,
                   TurnRelay& turn_relay, LoopClock& clock, telemetry::SlotWriter& slot,
                   const protection::Ledger& ledger);

  /// There is something to serve, now or once the turn is ours or the disk is through.
  bool has_requests() const { return has_parked() || conversations_.runnable_count() > 0; }
  /// Writes wait for their turn or for the disk.
  bool has_parked() const { return !parked_.empty() || !unflushed_.empty(); }
  /// When they are worth another try at the latest.
  os::Deadline retry_at() const;
  /// The disk is through, and what has been parked meanwhile goes on in the next iteration:
  /// together with what the clients that have just been answered send next.
  bool goes_on() const { return goes_on_; }

  /// Serves the requests that have arrived, and the parked ones; there are some.
  void serve();

  /// The answer to its request, which another worker has not lived to send: it leaves when the disk
  /// has the commit that it waits for. Where that worker died in the commit, whether it was made is
  /// found out with the next turn; if not, the request runs again. A whole request has arrived, and
  /// is nobody's yet.
  void adopt_answer(Connection& connection, const protection::Parcel& parcel);
  /// The primary has taken the connections of this worker, but for what is in the middle of
  /// something: waits until it has all of them, and lets them go.
  void lose_taken();

  /// At the end of an iteration: drops what was closed from the lists.
  void forget_closed();

 private:
  void serve_reads();
  void serve_others();
  void serve_writes();
  void park_writes();
  void flush();
  void answer(std::vector<Connection*>& batch, const std::optional<CommitFailure>& failure);
  void begin(Connection& connection);
  void serve(Connection& connection);
  void keep_answers();
  bool settle(Connection& connection);
  void await_disk(Connection& connection);
  void refuse(Connection& connection, std::string_view detail, std::string_view extra_fields = {});

  Application& application_;
  RequestRunner& runner_;
  Conversations& conversations_;
  TurnRelay& turn_relay_;
  LoopClock& clock_;
  telemetry::SlotWriter& slot_;
  const protection::Ledger& ledger_;

  std::vector<Connection*> serving_;    ///< The requests of this iteration; null: has been served.
  std::vector<Connection*> writes_;     ///< The writes of this iteration, the parked ones first.
  std::vector<Connection*> parked_;     ///< Writes that wait for their turn.
  std::vector<Connection*> unflushed_;  ///< A batch that is committed, and not on the disk.
  std::uint64_t committed_ns_ = 0;      ///< When that was.
  bool goes_on_ = false;
};

}  // namespace forkscope::gateway
