#include "supervisor/hearing.h"

#include <algorithm>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "supervisor/one_line.h"

namespace forkscope::supervisor {

namespace {

constexpr std::chrono::seconds kSecond{1};

/// Of a request, in the lane: what was thrown should have room for as much.
constexpr std::size_t kRequestBytes = telemetry::kEventTextBytes / 2;

/// What is in front of the first NUL, which goes as well.
std::string_view take_field(std::string_view& text) {
  const std::size_t end = std::min(text.find('\0'), text.size());
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return field;
}

/// "GET /v1/x: database is locked", in as few bytes as the event lane has. Of a path the end says
/// most.
std::string for_lane(std::string request, std::string_view what) {
  constexpr std::size_t kAll = telemetry::kEventTextBytes;
  const std::string_view separator = ": ";
  const std::size_t wanted = separator.size() + what.size();
  const std::size_t room = std::max(kRequestBytes, wanted < kAll ? kAll - wanted : 0);
  if (request.size() > room) {
    const std::size_t method = request.find(' ') + 1;  // npos: there is none
    const std::string_view dots = "...";
    const std::size_t kept = room - std::min(room, method + dots.size());
    request = request.substr(0, method).append(dots).append(request, request.size() - kept);
  }
  return request.append(separator).append(what).substr(0, kAll);
}

}  // namespace

bool Hearing::may_listen(std::uint64_t now_ns) {
  return heard_ < kMostPerSecond || second_ends_.has_passed(now_ns);
}

void Hearing::hear(child::Mark mark, std::string_view text, std::uint64_t now_ns) {
  if (second_ends_.has_passed(now_ns)) tell_the_rest();
  begin_second(now_ns);
  ++heard_;
  const std::string_view dots = text.size() + 1 == child::kMaxMessage ? " …" : "";  // it was cut
  const std::string whole = one_line(text).append(dots);
  switch (mark) {
    case child::Mark::info: return events_.note(worker_, whole);
    case child::Mark::warning: return events_.warn(worker_, whole);
    case child::Mark::error: return events_.report(worker_, whole);
    case child::Mark::exception: hear_exception(text, dots); return publish(now_ns, Untold::waits);
    case child::Mark::balance: return;  // its handle hears that
    case child::Mark::ready:
    case child::Mark::cannot_serve: break;
  }
  ++garbled_;
}

void Hearing::hear_exception(std::string_view text, std::string_view dots) {
  const std::string number = one_line(take_field(text));
  const std::string request = one_line(take_field(text));
  const std::string what = one_line(text).append(dots);
  telemetry::EventRecord thrown = event_of(telemetry::EventKind::exception, worker_);
  thrown.exit_code = 1;
  events_.say(thrown, telemetry::describe(thrown) + " in " + request + " (request " + number +
                          "): " + what);
  ++logged_;
  latest_ = for_lane(request, what);
}

void Hearing::watch(std::uint64_t now_ns) {
  if (!second_ends_.is_set()) {
    const telemetry::Counters counters = view_.counters(slot_);
    if (counters.exceptions > logged_ || counters.log_lines_dropped > dropped_) {
      begin_second(now_ns);
    }
  } else if (second_ends_.has_passed(now_ns)) {
    tell_the_rest();
    return publish(now_ns, Untold::counts);
  }
  publish(now_ns, Untold::waits);
}

void Hearing::end(std::uint64_t now_ns) {
  tell_the_rest();
  publish_due_ = os::Deadline::at(now_ns);
  publish(now_ns, Untold::counts);
}

void Hearing::begin_second(std::uint64_t now_ns) {
  if (!second_ends_.is_set()) second_ends_ = os::Deadline::after(now_ns, kSecond);
}

/// And the second is over.
void Hearing::tell_the_rest() {
  second_ends_ = {};
  heard_ = 0;
  if (const auto garbled = std::exchange(garbled_, 0)) {
    events_.warn(worker_, "messages that nobody understands: " + std::to_string(garbled));
  }
  const telemetry::Counters counters = view_.counters(slot_);
  if (counters.exceptions > logged_) {
    events_.warn(worker_, telemetry::counted(counters.exceptions - logged_, "more exception") +
                              " in the last second");
    logged_ = counters.exceptions;
  }
  if (counters.log_lines_dropped > dropped_) {
    events_.warn(worker_, "lines that were too many in the last second, and are not here: " +
                              std::to_string(counters.log_lines_dropped - dropped_));
    dropped_ = counters.log_lines_dropped;
  }
}

void Hearing::publish(std::uint64_t now_ns, Untold untold) {
  const std::uint64_t counted = view_.counters(slot_).exceptions;
  if (counted <= published_) return;
  if (unpublished_since_ns_ == 0) unpublished_since_ns_ = now_ns;
  if (!publish_due_.has_passed(now_ns)) return;
  if (latest_.empty() && untold == Untold::waits) return;
  telemetry::EventRecord thrown = event_of(telemetry::EventKind::exception, worker_);
  thrown.exit_code =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(counted - published_, UINT32_MAX));
  thrown.duration_ns = now_ns - std::exchange(unpublished_since_ns_, 0);
  published_ = counted;
  events_.publish(thrown, std::exchange(latest_, {}));
  // A bucket of kAtFirst events, into which one falls in each kPerEvent.
  constexpr std::chrono::nanoseconds kAhead = (kAtFirst - 1) * kPerEvent;
  quiet_again_ = os::Deadline::after(std::max(quiet_again_.ns(), now_ns), kPerEvent);
  const std::uint64_t ahead_ns = static_cast<std::uint64_t>(kAhead.count());
  publish_due_ =
      std::max(os::Deadline::after(now_ns, kLeastApart),
               os::Deadline::at(quiet_again_.ns() - std::min(quiet_again_.ns(), ahead_ns)));
}

}  // namespace forkscope::supervisor
