#include "forkscope/telemetry/slot_writer.h"

#include <sched.h>

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "forkscope/telemetry/fnv.h"
#include "forkscope/telemetry/histogram.h"

namespace forkscope::telemetry {

// The words of a struct in layout.h, by the name of the field.
#define PROGRESS(field) (progress_ + offsetof(Progress, field) / sizeof(Word))
#define COUNTER(field) (counters_ + offsetof(Counters, field) / sizeof(Word))

SlotWriter::SlotWriter(Word* progress, Word* counters, Word* current, Word* requests,
                       Word* histogram)
    : progress_(progress),
      counters_(counters),
      current_(current),
      requests_(requests),
      histogram_(histogram) {}

void SlotWriter::start_generation(std::uint32_t generation, std::uint64_t now_ns) {
  assert(generation > load_relaxed(PROGRESS(generation)) && "generations only grow");
  assert(begun_and_not_ended() == 0 && "the generation before is settled");
  store_relaxed(PROGRESS(ready_ns), 0);
  store_relaxed(PROGRESS(draining), 0);
  step(Phase::booting, now_ns);
  store_release(PROGRESS(generation), generation);
}

void SlotWriter::ready(std::uint64_t now_ns) { store_release(PROGRESS(ready_ns), now_ns); }

void SlotWriter::idle() {
  assert(owner_.is_here() && "one writer, in one process");
  store_relaxed(PROGRESS(phase), static_cast<Word>(Phase::idle));
  add_relaxed(PROGRESS(steps), 1);
}

void SlotWriter::step(Phase phase, std::uint64_t now_ns) {
  assert(owner_.is_here() && "one writer, in one process");
  assert(phase != Phase::idle && "only idle() may say so");
  store_relaxed(PROGRESS(busy_since_ns), now_ns);
  store_relaxed(PROGRESS(phase), static_cast<Word>(phase));
  store_relaxed(PROGRESS(last_core), static_cast<Word>(::sched_getcpu()));
  add_relaxed(PROGRESS(steps), 1);
}

void SlotWriter::draining() { store_relaxed(PROGRESS(draining), 1); }

BegunRequest SlotWriter::begin_request(std::uint64_t now_ns, Method method, std::string_view path,
                                       std::uint64_t connection) {
  step(Phase::handling, now_ns);
  return publish_begin(now_ns, method, path, connection);
}

BegunRequest SlotWriter::publish_begin(std::uint64_t now_ns, Method method, std::string_view path,
                                       std::uint64_t connection) {
  assert(now_ns >= latest_begin_ns_ && "requests begin in the order of time");
#ifndef NDEBUG
  latest_begin_ns_ = now_ns;
#endif
  in_hand_.id = current_.head() + 1;
  in_hand_.start_ns = now_ns;
  in_hand_.connection = connection;
  in_hand_.method = static_cast<std::uint8_t>(method);
  write_current(path);

  BegunRequest request{.start_ns = now_ns, .record = {}};
  RequestRecord& record = request.record;
  record.id = in_hand_.id;
  record.method = in_hand_.method;
  record.connection = static_cast<std::uint32_t>(connection);
  record.core = static_cast<std::uint16_t>(load_relaxed(PROGRESS(last_core)));
  record.path_bytes = static_cast<std::uint16_t>(std::min<std::size_t>(path.size(), 0xFFFF));
  record.path_hash = fnv1a(path);
  const std::size_t tail = std::min<std::size_t>(path.size(), kRequestPathBytes);
  path.copy(record.path, tail, path.size() - tail);
  return request;
}

void SlotWriter::write_current(std::string_view path) {
  in_hand_.generation = static_cast<std::uint32_t>(load_relaxed(PROGRESS(generation)));
  const std::size_t kept = std::min<std::size_t>(path.size(), kPathBytes);
  in_hand_.path_bytes = static_cast<std::uint16_t>(kept);
  path.copy(in_hand_.path, kept);
  current_.write(in_hand_, offsetof(CurrentRecord, path) + kept);
}

void SlotWriter::record_end(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                            std::uint64_t response_bytes) {
  assert(owner_.is_here() && "one writer, in one process");
  RequestRecord& record = request.record;
  assert(now_ns >= request.start_ns && "a request ends after it began");
  assert(now_ns >= latest_end_ns_ && "requests end in the order of time");
  assert(status >= 100 && status <= 599);
#ifndef NDEBUG
  latest_end_ns_ = now_ns;
#endif
  record.duration_ns = now_ns - request.start_ns;
  record.end_ns = now_ns;
  record.status = static_cast<std::uint16_t>(status);
  record.response_bytes =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(response_bytes, UINT32_MAX));
  add_relaxed(histogram_ + histogram_bucket(record.duration_ns), 1);
  const std::uint32_t status_class = std::clamp<std::uint32_t>(status / 100, 1, 5) - 1;
  add_relaxed(COUNTER(responses) + status_class, 1);
  requests_.write(record);
}

void SlotWriter::end_request(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                             std::uint64_t response_bytes) {
  record_end(request, now_ns, status, response_bytes);
  const RequestRecord& record = request.record;
  const std::uint64_t done = load_relaxed(PROGRESS(requests_done));
  if (record.id > done) {
    assert(record.id == done + 1 && "requests end in the order in which they began");
    store_release(PROGRESS(requests_done), record.id);
  } else {
    const std::uint64_t unflushed = load_relaxed(COUNTER(writes_unflushed));
    assert(unflushed > 0 && "a request ends once");
    store_relaxed(COUNTER(writes_unflushed), unflushed - 1);
  }
  store_relaxed(PROGRESS(busy_since_ns), now_ns);
  store_relaxed(PROGRESS(phase), static_cast<Word>(Phase::flushing));
}

BegunRequest SlotWriter::begin_in_any_order(std::uint64_t now_ns, Method method,
                                            std::string_view path) {
  assert(owner_.is_here() && "one writer, in one process");
  return publish_begin(now_ns, method, path, /*connection=*/0);
}

void SlotWriter::end_in_any_order(BegunRequest& request, std::uint64_t now_ns, std::uint32_t status,
                                  std::uint64_t response_bytes) {
  record_end(request, now_ns, status, response_bytes);
  leaves_hands(request);
}

void SlotWriter::give_up(const BegunRequest& request) {
  assert(owner_.is_here() && "one writer, in one process");
  add_relaxed(COUNTER(unended), 1);
  leaves_hands(request);
}

void SlotWriter::leaves_hands(const BegunRequest& request) {
  if (request.record.id == current_.head()) store_release(PROGRESS(requests_done), current_.head());
}

void SlotWriter::show_again(BegunRequest& request, std::string_view path) {
  assert(load_relaxed(PROGRESS(requests_done)) == current_.head() && "nothing else is shown");
  assert(begun_and_not_ended() > 0 && "it has not ended");
  in_hand_.id = request.record.id = current_.head() + 1;
  in_hand_.start_ns = request.start_ns;
  in_hand_.connection = request.record.connection;
  in_hand_.method = request.record.method;
  write_current(path);
  add_relaxed(COUNTER(shown_again), 1);
}

void SlotWriter::received(std::uint64_t bytes) { add_relaxed(COUNTER(bytes_received), bytes); }
void SlotWriter::sent(std::uint64_t bytes) { add_relaxed(COUNTER(bytes_sent), bytes); }
void SlotWriter::accepted() { add_relaxed(COUNTER(connections_accepted), 1); }
void SlotWriter::connections_open(std::uint64_t count) {
  store_relaxed(COUNTER(connections_open), count);
}
void SlotWriter::requests_waiting(std::uint64_t count) {
  store_relaxed(COUNTER(requests_waiting), count);
}
void SlotWriter::writes_parked(std::uint64_t count) {
  store_relaxed(COUNTER(writes_parked), count);
}
void SlotWriter::connection_limit_reached() { add_relaxed(COUNTER(limit_reached), 1); }
void SlotWriter::writes_unflushed() {
  store_release(PROGRESS(requests_done), current_.head());
  store_relaxed(COUNTER(writes_unflushed), begun_and_not_ended());
}
void SlotWriter::ends_elsewhere([[maybe_unused]] const BegunRequest& request) {
  add_relaxed(COUNTER(unended), 1);
  const std::uint64_t unflushed = load_relaxed(COUNTER(writes_unflushed));
  assert(request.record.id <= load_relaxed(PROGRESS(requests_done)) && unflushed > 0);
  store_relaxed(COUNTER(writes_unflushed), unflushed - 1);
}
void SlotWriter::exception() { add_relaxed(COUNTER(exceptions), 1); }
void SlotWriter::report_taken() { add_relaxed(COUNTER(reports), 1); }
void SlotWriter::report_ignored() { add_relaxed(COUNTER(reports_ignored), 1); }
void SlotWriter::log_line_dropped() { add_shared(COUNTER(log_lines_dropped), 1); }

std::uint32_t SlotWriter::settle_after_exit(std::optional<std::uint32_t> lost) {
  const auto unended = static_cast<std::uint32_t>(begun_and_not_ended());
  add_relaxed(COUNTER(unended), unended);
  add_relaxed(COUNTER(abandoned), lost.value_or(unended));
  connections_open(0);
  requests_waiting(0);
  writes_parked(0);
  store_relaxed(COUNTER(writes_unflushed), 0);
  store_relaxed(PROGRESS(phase), static_cast<Word>(Phase::booting));
  store_relaxed(PROGRESS(ready_ns), 0);
  store_release(PROGRESS(requests_done), current_.head());
  return lost.value_or(unended);
}

std::uint64_t SlotWriter::begun_and_not_ended() const {
  return current_.head() - requests_.head() - load_relaxed(COUNTER(unended)) -
         load_relaxed(COUNTER(shown_again));
}

}  // namespace forkscope::telemetry
