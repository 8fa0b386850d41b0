// Events of the primary's lane, in the words of a test.
#pragma once

#include <signal.h>

#include <cstring>
#include <string_view>

#include "forkscope/telemetry/layout.h"

namespace forkscope::test {

inline constexpr std::uint64_t kMillisecond = 1'000'000;
inline constexpr std::uint64_t kSecond = 1'000'000'000;

inline telemetry::EventRecord event(std::uint64_t time_ns, telemetry::EventKind kind,
                                    std::uint16_t worker, std::uint32_t generation,
                                    std::uint64_t served_total = 0) {
  telemetry::EventRecord record{};
  record.time_ns = time_ns;
  record.kind = static_cast<std::uint16_t>(kind);
  record.worker = worker;
  record.generation = generation;
  record.pid = 4000 + 100 * worker + generation;
  record.served_total = served_total;
  return record;
}

inline telemetry::EventRecord hung(std::uint64_t time_ns, std::uint16_t worker,
                                   std::uint32_t generation, std::uint64_t since_ns,
                                   std::string_view request, std::uint64_t served_total = 0) {
  telemetry::EventRecord record =
      event(time_ns, telemetry::EventKind::hung, worker, generation, served_total);
  record.since_ns = since_ns;
  record.duration_ns = time_ns - record.since_ns;
  record.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::spin);
  record.text_bytes = static_cast<std::uint16_t>(request.copy(record.text, sizeof record.text));
  return record;
}

inline telemetry::EventRecord exited(std::uint64_t time_ns, std::uint16_t worker,
                                     std::uint32_t generation, telemetry::ExitCause cause,
                                     std::uint32_t code, std::uint32_t abandoned = 0,
                                     std::uint64_t served_total = 0) {
  telemetry::EventRecord record =
      event(time_ns, telemetry::EventKind::exit, worker, generation, served_total);
  record.exit_cause = static_cast<std::uint32_t>(cause);
  record.exit_code = code;
  record.abandoned = abandoned;
  return record;
}

/// `count` connections of that worker went to others, as `to` says.
inline telemetry::EventRecord moved(std::uint64_t time_ns, std::uint16_t worker,
                                    std::uint32_t generation, telemetry::MoveReason reason,
                                    std::uint32_t count, std::string_view to,
                                    std::uint64_t duration_ns = 3 * kMillisecond) {
  telemetry::EventRecord record = event(time_ns, telemetry::EventKind::moved, worker, generation);
  record.since_ns = time_ns - duration_ns;
  record.duration_ns = duration_ns;
  record.exit_cause = static_cast<std::uint32_t>(reason);
  record.exit_code = count;
  record.text_bytes = static_cast<std::uint16_t>(to.copy(record.text, sizeof record.text));
  return record;
}

}  // namespace forkscope::test
