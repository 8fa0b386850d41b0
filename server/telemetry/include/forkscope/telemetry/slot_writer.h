// What one worker writes about itself. Wait-free, no system calls, no allocation: this is on the
// path of every request, and has a budget of 50 ns for begin_request() plus end_request(), the
// clock included.
//
// Made and called by one thread of the worker that holds the slot; by the primary only between the
// reap of a worker and the fork of its successor. Does not own the memory. Time does not go back
// from one call to the next: readers search the records by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "forkscope/telemetry/lane.h"
#include "forkscope/telemetry/layout.h"
#include "os/one_thread.h"

namespace forkscope::telemetry {

/// What is known of a request until it ends.
struct BegunRequest {
  std::uint64_t start_ns;
  RequestRecord record;  ///< Its end, duration and status are filled in by end_request().

  /// Before it ends: no client has sent it, but that worker has said it to all others.
  void is_heard_from(std::uint32_t worker) {
    record.heard_from = static_cast<std::uint8_t>(worker <= UINT8_MAX ? worker : 0);
  }
};

class SlotWriter {
 public:
  SlotWriter(Word* progress, Word* counters, Word* current, Word* requests, Word* histogram);

  // ── the event loop ──
  /// The first thing a new process writes. Generations of a slot only grow.
  void start_generation(std::uint32_t generation, std::uint64_t now_ns);
  /// It serves from now on.
  void ready(std::uint64_t now_ns);
  /// Nothing to do: published before the loop blocks.
  void idle();
  /// A step of the loop begins at `now_ns`. Never `Phase::idle`.
  void step(Phase phase, std::uint64_t now_ns);
  void draining();

  // ── a request ──
  /// Published before the handler runs, so that a worker that hangs in it has told everyone.
  /// `path` is the target without its query. The result goes back to end_request().
  BegunRequest begin_request(std::uint64_t now_ns, Method method, std::string_view path,
                             std::uint64_t connection);
  /// The response is ready to leave: for a write, after the commit. The step is now
  /// `Phase::flushing`. Several requests may be begun and not ended (writes that share a commit):
  /// they end in the order in which they began, and before another one ends; but for those of
  /// writes_unflushed(), which end when they can.
  /// Status 100 … 599.
  void end_request(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                   std::uint64_t response_bytes);

  // ── requests that begin and end in any order, in a loop that is not the caller's ──
  // The step stays what it is.
  BegunRequest begin_in_any_order(std::uint64_t now_ns, Method method, std::string_view path);
  /// If it was the latest, nothing is in the worker's hands until the next one begins or
  /// show_again().
  void end_in_any_order(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                        std::uint64_t response_bytes);
  /// It has no end that anybody will hear of.
  void give_up(const BegunRequest& request);
  /// After the end of the latest: of those that are begun and not ended, viewers are to see this
  /// one, whose id changes. `path` as when it began.
  void show_again(BegunRequest& request, std::string_view path);

  // ── counters and gauges ──
  void received(std::uint64_t bytes);
  void sent(std::uint64_t bytes);
  void accepted();
  /// By the primary while it has taken connections of a worker that hangs, which touches nothing
  /// meanwhile.
  void connections_open(std::uint64_t count);
  void requests_waiting(std::uint64_t count);
  void writes_parked(std::uint64_t count);
  /// All requests that have been begun and not ended wait for the disk from now on, each until its
  /// end_request(); others may begin and end before them.
  void writes_unflushed();
  /// One of those will be ended by another worker.
  void ends_elsewhere(const BegunRequest& request);
  void exception();
  void connection_limit_reached();
  void report_taken();
  void report_ignored();
  /// The one function that any thread of the worker may call.
  void log_line_dropped();

  // ── for the primary, after the reap ──
  /// Closes what was begun and not ended; gauges go to 0. Counts `lost` requests as abandoned, or,
  /// where that is not known, what was begun; returns how many.
  std::uint32_t settle_after_exit(std::optional<std::uint32_t> lost = {});

 private:
  BegunRequest publish_begin(std::uint64_t now_ns, Method method, std::string_view path,
                             std::uint64_t connection);
  void write_current(std::string_view path);
  void record_end(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                  std::uint64_t response_bytes);
  void leaves_hands(const BegunRequest& request);
  /// By the heads of the two lanes, so that no order of ends can make it wrong.
  std::uint64_t begun_and_not_ended() const;

  Word* progress_;
  Word* counters_;
  LaneWriter<CurrentRecord, kCurrentCapacity> current_;
  LaneWriter<RequestRecord, kRequestCapacity> requests_;
  Word* histogram_;
  CurrentRecord in_hand_{};  // kept, so that only what changes is written
  [[no_unique_address]] os::OneThread owner_;
#ifndef NDEBUG
  std::uint64_t latest_begin_ns_ = 0;
  std::uint64_t latest_end_ns_ = 0;
#endif
};

}  // namespace forkscope::telemetry
