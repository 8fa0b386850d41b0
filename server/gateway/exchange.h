// The exchange at hand: one request of a connection and the response to it.
//
//   park()       it writes, and another worker has the turn; again and again, until it begins
//   begin()      it is in telemetry, and its response is about to be written
//   answered()   the response is there; once more where it is replaced by another (the commit of a
//                write has failed)
//   end()        the response leaves, and what follows it is known
//
// Part of a Connection, which has a new one for each request. The RequestRunner leads it from
// begin() to end(); the RequestScheduler parks it.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "forkscope/telemetry/slot_writer.h"
#include "os/deadline.h"

namespace forkscope::gateway {

enum class AfterResponse { keep_alive, close };

class Exchange {
 public:
  /// The client is told to send the body ("100 Continue"). True once.
  bool invites_body() { return !std::exchange(has_invited_body_, true); }

  /// Waits for the turn to write, until then at the latest: the first word counts.
  void park(os::Deadline give_up) {
    assert(!has_begun());
    if (!give_up_.is_set()) give_up_ = give_up;
  }
  /// It has been parked for too long.
  bool has_parked_out(std::uint64_t now_ns) const { return give_up_.has_passed(now_ns); }

  void begin(const telemetry::BegunRequest& request, std::size_t response_begin) {
    assert(!has_begun() && request.record.id != 0);
    request_ = request;
    response_begin_ = response_begin;
  }
  void answered(int status) {
    assert(has_begun() && !has_ended_ && status != 0);
    status_ = status;
  }
  void end(AfterResponse what_follows) {
    assert(has_begun() && !has_ended_ && status_ != 0);
    has_ended_ = true;
    what_follows_ = what_follows;
  }

  bool has_begun() const { return request_.record.id != 0; }
  /// For SlotWriter::end_request(), which completes it.
  telemetry::BegunRequest& request() { return request_; }
  /// HTTP status; 0 until it is answered.
  int status() const { return status_; }
  /// Where the response begins in Connection::output().
  std::size_t response_begin() const {
    assert(has_begun());
    return response_begin_;
  }
  AfterResponse what_follows() const {
    assert(has_ended_);
    return what_follows_;
  }

 private:
  telemetry::BegunRequest request_{};
  std::size_t response_begin_ = 0;
  os::Deadline give_up_;
  int status_ = 0;
  AfterResponse what_follows_ = AfterResponse::keep_alive;
  bool has_ended_ = false;
  bool has_invited_body_ = false;
};

}  // namespace forkscope::gateway
