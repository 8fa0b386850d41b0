#include "gateway/request_scheduler.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "application/log.h"
#include "forkscope/telemetry/event_text.h"

namespace forkscope::gateway {

using State = Connection::State;
using telemetry::Phase;

namespace {

/// How long a write waits for its turn, and how long for the disk.
constexpr std::chrono::seconds kMaxPark{5};
constexpr std::chrono::milliseconds kRetry{1};
/// A disk that is well has answered by then, and wakes us.
constexpr std::chrono::milliseconds kQuickDisk{20};

constexpr std::string_view kNobodyKnows =
    "A worker has died while it stored this change, and nobody knows whether it is there.";
constexpr std::string_view kUndone =
    "A worker has died while it stored this change, and nothing of it is kept.";
constexpr std::string_view kTurnHasNotCome =
    "The turn to write has not come in time: other workers were writing, or another program was "
    "using the database.";

/// To the log: clients alone would know. `why` is what they are told.
void say_refused(std::size_t writes, int status, std::string_view why) {
  log_line(LogLevel::warning, telemetry::counted(writes, "write") + " answered with " +
                                  std::to_string(status) + ": " + std::string(why));
}

}  // namespace

RequestScheduler::RequestScheduler(Application& application, RequestRunner& runner,
                                   Conversations& conversations, TurnRelay& turn_relay,
                                   LoopClock& clock, telemetry::SlotWriter& slot,
                                   const protection::Ledger& ledger)
    : application_(application),
      runner_(runner),
      conversations_(conversations),
      turn_relay_(turn_relay),
      clock_(clock),
      slot_(slot),
      ledger_(ledger) {}

void RequestScheduler::serve() {
  assert(has_requests());
  runner_.renew_date();
  conversations_.take_runnable(serving_);
  assert(writes_.empty());
  writes_.swap(parked_);
  serve_reads();
  serve_others();
  const bool waits_for_disk = !unflushed_.empty();
  if (waits_for_disk) {
    flush();
    park_writes();
  } else {
    serve_writes();
  }
  goes_on_ = waits_for_disk && unflushed_.empty() && !parked_.empty();
  // Those behind a batch that waits for the disk do not ask for the turn.
  slot_.writes_parked(unflushed_.empty() ? parked_.size() : 0);
  slot_.requests_waiting(conversations_.runnable_count() + parked_.size());
}

void RequestScheduler::serve_reads() {
  const auto reads = [&](Connection* connection) {
    return connection != nullptr && runner_.reads(*connection);
  };
  if (std::none_of(serving_.begin(), serving_.end(), reads)) return;
  runner_.begin_reads();
  for (Connection*& connection : serving_) {
    if (reads(connection)) serve(*std::exchange(connection, nullptr));
  }
  runner_.end_reads();
}

/// And puts the writes aside.
void RequestScheduler::serve_others() {
  for (Connection* connection : serving_) {
    if (connection == nullptr) continue;
    if (runner_.writes(*connection)) {
      writes_.push_back(connection);
    } else {
      serve(*connection);
    }
  }
  serving_.clear();
}

void RequestScheduler::serve_writes() {
  if (writes_.empty()) return;
  // Published before, because begin_writes() may wait for the disk.
  slot_.step(Phase::committing, clock_.now_ns());
  ledger_.write();
  if (turn_relay_.gives_way() || !application_.begin_writes()) {
    ledger_.loop();
    park_writes();
    return;
  }
  std::erase_if(writes_, [this](Connection* connection) {
    return connection->line().is_in_doubt() && settle(*connection);
  });
  for (Connection* connection : writes_) {
    connection->move_to(State::uncommitted);
    begin(*connection);
    [[maybe_unused]] const bool is_ours = runner_.handle(*connection);
    assert(is_ours && "nobody takes from one that has the turn");
    clock_.tick();
  }
  slot_.step(Phase::committing, clock_.now_ns());
  keep_answers();
  const auto failure = application_.commit_writes();
  ledger_.loop();
  turn_relay_.pass_on();
  if (failure) {
    for (Connection* connection : writes_) connection->line().uncommitted();
    answer(writes_, failure);
    return;
  }
  clock_.tick();
  committed_ns_ = clock_.now_ns();
  for (Connection* connection : writes_) connection->line().unflushed();
  unflushed_.insert(unflushed_.end(), writes_.begin(), writes_.end());
  writes_.clear();
  flush();
}

os::Deadline RequestScheduler::retry_at() const {
  if (!has_parked()) return os::Deadline::never();
  const auto soon = os::Deadline::after(clock_.now_ns(), kRetry);
  if (unflushed_.empty()) return soon;
  return std::max(soon, os::Deadline::after(committed_ns_, kQuickDisk));
}

void RequestScheduler::flush() {
  if (unflushed_.empty()) return;
  slot_.step(Phase::flushing, clock_.now_ns());
  std::optional<CommitFailure> failure;
  if (application_.begin_flush()) {
    failure = application_.flush_writes();
  } else if (!os::Deadline::after(committed_ns_, kMaxPark).has_passed(clock_.now_ns())) {
    slot_.writes_unflushed();
    return;
  } else {
    failure = {503, "The disk has not confirmed the change in time; it may be lost."};
  }
  answer(unflushed_, failure);
}

void RequestScheduler::answer(std::vector<Connection*>& batch,
                              const std::optional<CommitFailure>& failure) {
  if (failure) {
    say_refused(batch.size(), failure->status, failure->detail);
    for (Connection* connection : batch) {
      runner_.answer_with_problem(*connection, failure->status, failure->detail);
    }
  }
  conversations_.answer(batch);
  batch.clear();
}

void RequestScheduler::park_writes() {
  std::size_t parked_out = 0;
  for (Connection* connection : writes_) {
    if (connection->state() != State::parked) connection->move_to(State::parked);
    Exchange& exchange = connection->exchange();
    exchange.park(os::Deadline::after(clock_.now_ns(), kMaxPark));
    if (!exchange.has_parked_out(clock_.now_ns())) {
      parked_.push_back(connection);
      continue;
    }
    if (connection->line().is_in_doubt()) {
      refuse(*connection, kNobodyKnows);
    } else {
      refuse(*connection, kTurnHasNotCome, "Retry-After: 1\r\n");
      ++parked_out;
    }
  }
  if (parked_out > 0) say_refused(parked_out, 503, kTurnHasNotCome);
  writes_.clear();
}

void RequestScheduler::refuse(Connection& connection, std::string_view detail,
                              std::string_view extra_fields) {
  begin(connection);
  runner_.answer_with_problem(connection, 503, detail, extra_fields);
  conversations_.answer(connection);
}

void RequestScheduler::serve(Connection& connection) {
  begin(connection);
  if (!runner_.handle(connection)) lose_taken();
  conversations_.answer(connection);
}

/// Of the batch: they may have to be sent by another worker.
void RequestScheduler::keep_answers() {
  const std::uint64_t batch = application_.announce_commit();
  for (Connection* connection : writes_) {
    connection->line().committing(connection->response(), connection->exchange().status(), batch);
  }
}

void RequestScheduler::adopt_answer(Connection& connection, const protection::Parcel& parcel) {
  protection::Line& line = connection.line();
  line.prepared(parcel.answer, static_cast<int>(parcel.entry.status), parcel.entry.batch);
  connection.move_to(State::runnable);
  if (line.stage() == protection::Stage::unflushed) {
    await_disk(connection);
  } else if (line.is_in_doubt()) {
    connection.move_to(State::parked);
    connection.exchange().park(os::Deadline::after(clock_.now_ns(), kMaxPark));
    parked_.push_back(&connection);
  } else {  // it is on no ledger
    refuse(connection, kNobodyKnows);
  }
}

/// The worker that ran it has died in its commit. False: it is to run again.
bool RequestScheduler::settle(Connection& connection) {
  const auto kept = application_.was_kept(connection.line().entry().batch);
  if (kept == true) {
    await_disk(connection);
    return true;
  }
  if (kept && runner_.may_run_again(connection)) return false;
  refuse(connection, kept ? kUndone : kNobodyKnows);
  return true;
}

/// As its former worker would have.
void RequestScheduler::await_disk(Connection& connection) {
  const protection::Entry& entry = connection.line().entry();
  connection.move_to(State::uncommitted);
  begin(connection);
  connection.output() += connection.line().prepared_answer();
  connection.exchange().answered(static_cast<int>(entry.status));
  connection.line().unflushed();
  application_.adopt_commit(entry.batch);
  committed_ns_ = clock_.now_ns();
  unflushed_.push_back(&connection);
  slot_.writes_unflushed();
}

void RequestScheduler::lose_taken() {
  ledger_.await_release();
  for (Connection* connection : unflushed_) {
    if (connection->line().was_taken()) slot_.ends_elsewhere(connection->exchange().request());
  }
  conversations_.part_with_taken();
  for (Connection*& connection : serving_) {
    if (connection != nullptr && connection->state() == State::closed) connection = nullptr;
  }
  ledger_.loop();
  gateway::forget_closed(writes_);
  forget_closed();
}

void RequestScheduler::begin(Connection& connection) { runner_.begin(connection, clock_.now_ns()); }

void RequestScheduler::forget_closed() {
  gateway::forget_closed(parked_);
  gateway::forget_closed(unflushed_);
}

}  // namespace forkscope::gateway
